import {
  DEFAULT_GRANTS,
  PUBLISHABLE_GRANT,
  PUBLISHABLE_REQUESTS_PER_MINUTE,
} from '../../core/keys/key-kinds.ts';
import type { ApiKey, KeyKind } from '../../core/ports.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { readIdentityId } from '../identity-argument.ts';
import {
  readApiVersion,
  readExpiry,
  readGrants,
  readInflection,
  readLine,
  readPoolId,
  readRanges,
  readRate,
} from '../key-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import type { NewKey } from '../wiring-types.ts';

const RATE_DEFAULT = '1000';

export const keysCreate: Command = {
  name: 'keys create',
  summary: 'Make an API key and print its secret, once',
  options: {
    pool: { value: 'ID', prose: 'The pool it is for: a UUID, or 32 characters. Needed.' },
    grant: { value: 'GRANT', repeatable: true, prose: 'What it may do, or `all`. Without it: see below.' },
    identity: {
      value: 'ID',
      prose: 'Without a secret: sessions of this identity of the pool stand for it. See below.',
    },
    publishable: { prose: 'A key for pages and apps, where everybody can read it.' },
    'single-identity': { prose: 'It may make one identity, and never a second.' },
    label: { value: 'TEXT', prose: 'A name for people.' },
    note: { value: 'TEXT', prose: 'More for people, up to 500 characters.' },
    'rate-limit': { value: 'N', prose: `Requests a minute (${RATE_DEFAULT}).` },
    allow: { value: 'CIDR', repeatable: true, prose: 'Addresses it may be used from. Without it: any.' },
    expires: {
      value: 'WHEN',
      prose: '90d, 12h, 30m, 2030-01-31 or a time with its zone. Without it: never.',
    },
    'api-version': {
      value: 'DATE',
      prose: 'The version it is pinned to, 2026-01-01. Without it: always the current one.',
    },
    inflection: { value: 'CASE', prose: 'Spelling of keys in replies: snake (without it), camel or kebab.' },
    json: { prose: 'One JSON object in place of lines.' },
    ...CONFIG_OPTION,
  },
  help: [
    'Without --grant a key may do:',
    `  ${DEFAULT_GRANTS.join(', ')}`,
    `A publishable key may do ${PUBLISHABLE_GRANT} and nothing else, ${PUBLISHABLE_REQUESTS_PER_MINUTE} times a minute, whatever --rate-limit says.`,
    'Versions and spellings count where a surface has them (verification).',
    '',
    'With --identity there is nothing to keep secret: any active session of the identity, sent as bearer or as',
    'X-Session-Token, has the key on the admin routes of iam. An identity has one such key; revoke it before making another.',
    '',
    'Example: selfsame keys create --pool 01890c… --grant identities:read --label reports --expires 90d',
  ],
  async run(args, surroundings) {
    const identity = args.option('identity');
    const kind = args.isSet('publishable') ? ('publishable' as const) : ('secret' as const);
    if (identity !== null && kind === 'publishable')
      throw new UsageError('--identity goes without --publishable.');
    const input = readInput(args, kind, surroundings.now());
    const identityId = identity === null ? null : readIdentityId(identity, '--identity');
    const isJson = args.isSet('json');
    return withInstallation(args, surroundings, async ({ keys }) => {
      if (identityId !== null)
        showIdentityKey((await keys.createForIdentity({ ...input, identityId })).key, isJson, surroundings);
      else showKey(await keys.create({ ...input, kind }), isJson, surroundings);
      return EXIT.ok;
    });
  },
};

function readInput(args: Arguments, kind: KeyKind, now: Date): Omit<NewKey, 'kind'> {
  const pool = args.option('pool');
  if (pool === null) throw new UsageError('keys create needs --pool.');
  const note = args.option('note');
  const expires = args.option('expires');
  return {
    poolId: readPoolId(pool),
    label: readLine('--label', args.option('label') ?? '', 200),
    note: note === null ? null : readLine('--note', note, 500),
    grants: readGrants(args.all('grant'), kind),
    requestsPerMinute: readRate(args.option('rate-limit') ?? RATE_DEFAULT),
    allowedAddresses: readRanges(args.all('allow')),
    expiresAt: expires === null ? null : readExpiry(expires, now),
    apiVersion: readApiVersion(args.option('api-version')),
    keyInflection: readInflection(args.option('inflection') ?? 'snake'),
    isSingleIdentity: args.isSet('single-identity'),
  };
}

function showKey(
  { key, secret }: { key: ApiKey; secret: string },
  isJson: boolean,
  { out, err }: Surroundings,
): void {
  const { id, environment } = key;
  if (isJson) out(JSON.stringify({ id, environment, secret }));
  else {
    err(`Key ${id} (${environment}). The secret is shown this once and stored nowhere:`);
    out(secret);
  }
}

function showIdentityKey(
  { id, environment, identityId }: ApiKey,
  isJson: boolean,
  surroundings: Surroundings,
): void {
  if (isJson) surroundings.out(JSON.stringify({ id, environment, identityId }));
  else {
    surroundings.err(
      `A key (${environment}) without a secret: sessions of ${identityId} stand for it. Its id:`,
    );
    surroundings.out(id);
  }
}
