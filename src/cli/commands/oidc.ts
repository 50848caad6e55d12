import { CLAIM_SOURCES, CLIENT_AUTHS, type OidcProviderConfig } from '../../core/oidc/config.ts';
import type { OidcProviderInput } from '../../core/oidc/read-provider-settings.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { readLine } from '../key-arguments.ts';
import { readMappingFile, readParametersFile, readSecretFile } from '../oidc-files.ts';
import { POOL_OPTION, poolOf, providerOf, TEXT_LENGTH_MAX } from '../pool-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';

const PROVIDER_OPTION = {
  value: 'NAME',
  prose: 'The provider, as identifiers and the address that it sends people back to name it. Needed.',
} as const;
const JSON_OPTION = { prose: 'JSON in place of lines.' } as const;

export const oidcList: Command = {
  name: 'oidc list',
  summary: 'Show the OpenID providers that people of a pool may sign in at',
  options: { pool: POOL_OPTION, json: JSON_OPTION, ...CONFIG_OPTION },
  help: [],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'oidc list');
    return withInstallation(args, surroundings, async ({ oidc }) => {
      report(await oidc.list(poolId), args, surroundings);
      return EXIT.ok;
    });
  },
};

export const oidcAdd: Command = {
  name: 'oidc add',
  summary: 'Add an OpenID provider to a pool, or change one; what is not named stays',
  options: {
    pool: POOL_OPTION,
    provider: PROVIDER_OPTION,
    issuer: { value: 'URL', prose: 'As the provider spells it. Needed for one that is new.' },
    'client-id': { value: 'ID', prose: 'As the provider gave it. Needed for one that is new.' },
    'client-secret-file': { value: 'FILE', prose: 'Holds the secret that the provider gave; kept sealed.' },
    'client-auth': { value: 'NAME', prose: `How the secret is shown: ${CLIENT_AUTHS.join(', ')}.` },
    label: { value: 'TEXT', prose: 'What people read on the button; default the name.' },
    scopes: { value: 'LIST', prose: 'With commas between; default `openid,email,profile`.' },
    parameters: { value: 'FILE', prose: 'More parameters of the sign-in address: a JSON object of texts.' },
    'claims-from': { value: 'NAME', prose: `Where claims are taken from: ${CLAIM_SOURCES.join(' or ')}.` },
    mapping: {
      value: 'FILE',
      prose: 'What claims become: a JSON list of objects with claim, trait and perhaps verifiedBy.',
    },
    enable: { prose: 'People may sign in at it. So is a provider that is new.' },
    disable: { prose: 'Nobody signs in at it; accounts stay linked.' },
    json: JSON_OPTION,
    ...CONFIG_OPTION,
  },
  help: [
    'At the provider, allow <public address>/self-service/methods/oidc/callback/<name> as a redirect URI.',
    'An identity is known by <name>:<subject>: take another name for another issuer.',
    '',
    'Example: selfsame oidc add --pool 01890c… --provider acme --issuer https://login.example.com --client-id app \\',
    '           --client-secret-file ./acme.secret',
  ],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'oidc add');
    const id = providerOf(args, 'oidc add');
    const change = await readChange(args);
    if (Object.keys(change).length === 0)
      throw new UsageError('oidc add needs something to set; --help tells what there is.');
    return withInstallation(args, surroundings, async ({ oidc }) => {
      const provider = await oidc.set({ poolId, id, ...change });
      if (args.isSet('json')) surroundings.out(JSON.stringify(provider));
      else report([provider], args, surroundings);
      return EXIT.ok;
    });
  },
};

export const oidcRemove: Command = {
  name: 'oidc remove',
  summary: 'Remove an OpenID provider from a pool, with its secret',
  options: { pool: POOL_OPTION, provider: PROVIDER_OPTION, ...CONFIG_OPTION },
  help: [
    'Identities keep their accounts there, and can sign in again once it is added again under the same name.',
  ],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'oidc remove');
    const id = providerOf(args, 'oidc remove');
    return withInstallation(args, surroundings, async ({ oidc }) => {
      await oidc.remove({ poolId, id });
      surroundings.out(`Removed ${id}.`);
      return EXIT.ok;
    });
  },
};

const TEXTS = {
  issuer: 'issuer',
  'client-id': 'clientId',
  'client-auth': 'clientAuth',
  label: 'label',
  'claims-from': 'claimsFrom',
} as const;

async function readChange(args: Arguments): Promise<Omit<OidcProviderInput, 'id'>> {
  const texts = Object.entries(TEXTS).flatMap(([option, name]) => {
    const text = args.option(option);
    return text === null ? [] : [[name, readLine(`--${option}`, text, TEXT_LENGTH_MAX)]];
  });
  const scopes = args.option('scopes');
  const [secret, parameters, mapping] = ['client-secret-file', 'parameters', 'mapping'].map((name) =>
    args.option(name),
  );
  if (args.isSet('enable') && args.isSet('disable'))
    throw new UsageError('--enable and --disable exclude each other.');
  return {
    ...Object.fromEntries(texts),
    ...(scopes !== null && { scopes: scopes.split(',').map((one) => one.trim()) }),
    ...(typeof secret === 'string' && { clientSecret: await readSecretFile(secret) }),
    ...(typeof parameters === 'string' && { parameters: await readParametersFile(parameters) }),
    ...(typeof mapping === 'string' && { mapping: await readMappingFile(mapping) }),
    ...(args.isSet('enable') && { isEnabled: true }),
    ...(args.isSet('disable') && { isEnabled: false }),
  };
}

function report(providers: readonly OidcProviderConfig[], args: Arguments, { out }: Surroundings): void {
  if (args.isSet('json')) {
    out(JSON.stringify(providers));
    return;
  }
  const rows = providers.map(({ id, label, issuer, clientId, clientAuth, isEnabled }) => [
    ...[id, isEnabled ? 'enabled' : 'disabled', label, issuer, clientId, clientAuth],
  ]);
  for (const line of table([['Provider', 'State', 'Label', 'Issuer', 'Client', 'Authentication'], ...rows]))
    out(line.trimEnd());
}
