import { SIGNATURE_SCHEMES } from '../../core/identify/config.ts';
import type { SignedUser } from '../../core/identify/signature.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { readLine, readPoolId } from '../key-arguments.ts';
import { readSecretFile } from '../oidc-files.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';

const LENGTH_MAX = 200;

export const signatureVerify: Command = {
  name: 'signature verify',
  summary: 'Check the signature of a user of a project (exit 1: it is not good)',
  options: {
    'user-id': { value: 'ID', prose: 'As the client handed it on. Needed.' },
    'time-stamp': { value: 'SECONDS', prose: 'As the client handed it on. Needed.' },
    signature: { value: 'HEX', prose: 'As the client handed it on. Needed.' },
    pool: { value: 'ID', prose: 'The project; its secrets, scheme and age are used.' },
    'secret-file': { value: 'FILE', prose: 'In place of --pool: holds the secret. Asks no installation.' },
    scheme: {
      value: 'NAME',
      prose: `With --secret-file: ${SIGNATURE_SCHEMES.join(' or ')}; default the first.`,
    },
    'max-age': { value: 'SECONDS', prose: 'With --secret-file: default a day.' },
    ...CONFIG_OPTION,
  },
  help: [
    'Example: selfsame signature verify --user-id 3bd4… --time-stamp 1633435760 --signature DEA1… --pool 01890c…',
  ],
  run: async (args, surroundings) => {
    const triple = tripleOf(args);
    const isGood = await judge(args, surroundings, triple);
    surroundings.out(isGood ? 'The signature is good.' : 'The signature is not good.');
    return isGood ? EXIT.ok : EXIT.failure;
  },
};

async function judge(args: Arguments, surroundings: Surroundings, triple: SignedUser): Promise<boolean> {
  const pool = args.option('pool');
  const file = args.option('secret-file');
  if ((pool === null) === (file === null))
    throw new UsageError('signature verify needs --pool or --secret-file, and not both.');
  if (file !== null) {
    const { verify } = await import('../../signature.ts');
    const secrets = [await readSecretFile(file)];
    const maxAge = args.option('max-age');
    return verify(triple, {
      ...{ secrets, now: surroundings.now(), scheme: schemeOf(args) },
      ...(maxAge === null ? {} : { maxAgeSeconds: secondsOf('max-age', maxAge) }),
    });
  }
  const poolId = readPoolId(pool ?? '');
  return withInstallation(args, surroundings, ({ identify }) => identify.verifySignature(poolId, triple));
}

function tripleOf(args: Arguments): SignedUser {
  const [userId, timeStamp, signature] = ['user-id', 'time-stamp', 'signature'].map((name) => {
    const value = args.option(name);
    if (value === null) throw new UsageError(`signature verify needs --${name}.`);
    return readLine(`--${name}`, value, LENGTH_MAX);
  });
  return {
    userId: userId ?? '',
    timeStamp: secondsOf('time-stamp', timeStamp ?? ''),
    signature: signature ?? '',
  };
}

function secondsOf(option: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new UsageError(`--${option} must be a whole number of seconds.`);
  return Number(text);
}

function schemeOf(args: Arguments) {
  const given = args.option('scheme') ?? SIGNATURE_SCHEMES[0];
  const scheme = SIGNATURE_SCHEMES.find((one) => one === given);
  if (scheme === undefined) throw new UsageError(`--scheme must be ${SIGNATURE_SCHEMES.join(' or ')}.`);
  return scheme;
}
