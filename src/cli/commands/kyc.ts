import { DEFAULT_OPERATIONS, type KycProviderConfig } from '../../core/kyc/config.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { readLine } from '../key-arguments.ts';
import { POOL_OPTION, poolOf, providerOf, TEXT_LENGTH_MAX } from '../pool-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';

const PROVIDER_OPTION = {
  value: 'NAME',
  prose: 'The provider: `builtin`, or a name of yours. Needed.',
} as const;
const JSON_OPTION = { prose: 'JSON in place of lines.' } as const;

export const kycShow: Command = {
  name: 'kyc show',
  summary: 'Show who decides on persons and companies of a pool',
  options: { pool: POOL_OPTION, json: JSON_OPTION, ...CONFIG_OPTION },
  help: [],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'kyc show');
    return withInstallation(args, surroundings, async ({ kyc }) => {
      report(await kyc.list(poolId), args, surroundings);
      return EXIT.ok;
    });
  },
};

export const kycProviderSet: Command = {
  name: 'kyc provider set',
  summary: 'Add a KYC provider to a pool, or change one; what is not named stays',
  options: {
    pool: POOL_OPTION,
    provider: PROVIDER_OPTION,
    url: { value: 'URL', prose: 'Where cases are sent. Needed for a provider that is new.' },
    operations: {
      value: 'LIST',
      prose: 'Codes of what its approval opens, with commas between, `all` or `none`.',
    },
    enable: { prose: 'It is asked. So is a provider that is new.' },
    disable: { prose: 'It is asked nothing more, and its verdicts are refused.' },
    'approve-automatically': { prose: 'The built-in one approves where all that it can check has passed.' },
    'approve-manually': {
      prose: 'The built-in one leaves that to a person. So it does unless told otherwise.',
    },
    'rotate-secret': { prose: 'A new secret; the old one is void at once.' },
    json: JSON_OPTION,
    ...CONFIG_OPTION,
  },
  help: [
    'The secret of a new provider outside is shown this once. What is sent to it, and what it answers: docs/kyc-provider.md.',
    'Who is there already gets an entry at it with the next change of KYC data or the next operations/activate.',
    '',
    'Example: selfsame kyc provider set --pool 01890c… --provider acme --url https://kyc.example.com/cases',
  ],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'kyc provider set');
    const slug = providerOf(args, 'kyc provider set');
    const change = readChange(args);
    if (Object.keys(change).length === 0)
      throw new UsageError('kyc provider set needs something to set; --help tells what there is.');
    return withInstallation(args, surroundings, async ({ kyc }) => {
      const { provider, secret } = await kyc.set({ poolId, slug, ...change });
      if (args.isSet('json')) surroundings.out(JSON.stringify({ ...shown(provider), secret }));
      else {
        report([provider], args, surroundings);
        if (secret !== null) {
          surroundings.out('Its secret, which is not shown again:');
          surroundings.out(secret);
        }
      }
      return EXIT.ok;
    });
  },
};

export const kycProviderRemove: Command = {
  name: 'kyc provider remove',
  summary: 'Remove a KYC provider from a pool, with its secret',
  options: { pool: POOL_OPTION, provider: PROVIDER_OPTION, ...CONFIG_OPTION },
  help: ['What it has approved stays. The built-in provider can be disabled, not removed.'],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'kyc provider remove');
    const slug = providerOf(args, 'kyc provider remove');
    return withInstallation(args, surroundings, async ({ kyc }) => {
      await kyc.remove({ poolId, slug });
      surroundings.out(`Removed ${slug}.`);
      return EXIT.ok;
    });
  },
};

function readChange(args: Arguments) {
  const [url, operations] = ['url', 'operations'].map((name) => args.option(name));
  const isEnabled = readSwitch(args, 'enable', 'disable');
  const approvesAutomatically = readSwitch(args, 'approve-automatically', 'approve-manually');
  return {
    ...(typeof url === 'string' && { url: readLine('--url', url, TEXT_LENGTH_MAX) }),
    ...(typeof operations === 'string' && { operations: readOperations(operations) }),
    ...(isEnabled !== null && { isEnabled }),
    ...(approvesAutomatically !== null && { approvesAutomatically }),
    ...(args.isSet('rotate-secret') && { renewsSecret: true }),
  };
}

function readOperations(text: string): readonly string[] {
  if (text === 'all') return DEFAULT_OPERATIONS.map(({ code }) => code);
  return text === 'none' ? [] : text.split(',').map((code) => code.trim());
}

/** Null where neither was given. */
function readSwitch(args: Arguments, on: string, off: string): boolean | null {
  if (args.isSet(on) && args.isSet(off)) throw new UsageError(`--${on} and --${off} exclude each other.`);
  return args.isSet(on) ? true : args.isSet(off) ? false : null;
}

function shown({ slug, kind, isEnabled, approvesAutomatically, url, operations }: KycProviderConfig) {
  const codes = operations.map(({ code }) => code);
  return { provider: slug, kind, isEnabled, approvesAutomatically, url, operations: codes };
}

function report(providers: readonly KycProviderConfig[], args: Arguments, { out }: Surroundings): void {
  if (args.isSet('json')) {
    out(JSON.stringify(providers.map(shown)));
    return;
  }
  const rows = providers
    .map(shown)
    .map(({ provider, kind, isEnabled, approvesAutomatically, url, operations }) => [
      provider,
      isEnabled ? 'enabled' : 'disabled',
      kind,
      approvesAutomatically ? 'automatically' : kind === 'builtin' ? 'by a person' : 'by itself',
      operations.join(',') || 'none',
      url ?? '',
    ]);
  for (const line of table([['Provider', 'State', 'Kind', 'Approves', 'Operations', 'Address'], ...rows]))
    out(line.trimEnd());
}
