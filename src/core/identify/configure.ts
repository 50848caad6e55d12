import { isSameJson } from '../../kit/same-json.ts';
import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import { DEFAULT_IDENTIFY, type IdentifyConfig, identifyConfigOf, type ProviderConfig } from './config.ts';
import { type IdentifyChange, readIdentifySettings } from './read-settings.ts';
import { openSecrets, type ProjectSecrets, sealSecrets, splitSettings } from './secrets.ts';

export type ConfigureNeeds = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'identifySettings' | 'outgoing' | 'random'
>;

/** Secrets that go on verifying after the ones that took their place. */
const PREVIOUS_MAX = 5;
const SECRET_BYTES = 32;

/** Settings of a project, with no secret in them. */
export interface IdentifySettings extends IdentifyConfig {
  readonly hasSignatureSecret: boolean;
}

/** @throws NotFound No such pool. */
export async function getIdentifySettings(
  { configs, vault }: Pick<Deps, 'configs' | 'vault'>,
  poolId: PoolId,
): Promise<IdentifySettings> {
  const config = await configs.current(poolId);
  const { sealedSecrets, ...settings } = config.identify;
  const { signature } = openSecrets(await vault.pool(poolId, config.version), sealedSecrets);
  return { ...settings, hasSignatureSecret: signature !== null };
}

/**
 * Sets how a pool is a project of the identify surface. An act of the installation: there is no route to it. Settings,
 * secrets, the pool's next configuration version, audit entry and event are one transaction; setting what is set already
 * writes nothing.
 *
 * @param input.settings As an operator wrote them down: nothing in it has been looked at. A secret that takes the place of
 *   another one leaves that to verify what it signed.
 * @throws NotFound No such pool. @throws InvalidInput Every problem at once.
 * @see Contract identify 5.
 */
export async function configureIdentify(
  deps: ConfigureNeeds,
  { poolId, settings }: { readonly poolId: PoolId; readonly settings: unknown },
): Promise<IdentifySettings> {
  const { revise, changes } = await lookAt(deps, { poolId, settings });
  if (changes) await save(deps, poolId, revise);
  return getIdentifySettings(deps, poolId);
}

/** Refuses what `configureIdentify` would refuse now, and writes nothing. @throws NotFound @throws InvalidInput */
export async function checkIdentifySettings(
  deps: ConfigureNeeds,
  input: { readonly poolId: PoolId; readonly settings: unknown },
): Promise<void> {
  await lookAt(deps, input);
}

/** What settings come to, and whether they change anything as it is now: whoever says the same again takes no lock. */
async function lookAt(
  deps: ConfigureNeeds,
  { poolId, settings }: { readonly poolId: PoolId; readonly settings: unknown },
): Promise<{ readonly revise: Revise; readonly changes: boolean }> {
  const { environment, version, identify } = await deps.configs.current(poolId);
  const allowsHttp = deps.outgoing.plainHttp || environment === 'sandbox';
  const change = readIdentifySettings(settings, { allowsHttp });
  const revise: Revise = ({ definition, secrets }) => {
    const next = withChange(definition, change);
    requireDefaults(identifyConfigOf(next.definition));
    return { definition: next.definition, secrets: withSecrets(secrets, change, next.secrets) };
  };
  const { sealedSecrets, ...definition } = identify;
  const now = { definition, secrets: openSecrets(await deps.vault.pool(poolId, version), sealedSecrets) };
  return { revise, changes: changedFields(now, revise(now)).length > 0 };
}

/**
 * A new secret to sign with, made here; the one before it goes on verifying.
 * @returns The secret: this once.
 * @throws NotFound No such pool.
 */
export async function rotateSignatureSecret(deps: ConfigureNeeds, poolId: PoolId): Promise<string> {
  await deps.configs.current(poolId);
  const secret = deps.random.bytes(SECRET_BYTES).toString('base64url');
  await save(deps, poolId, ({ definition, secrets }) => {
    return { definition, secrets: withSecrets(secrets, { settings: {}, providers: {}, secret }, {}) };
  });
  return secret;
}

/** Makes the first secret of a pool; one that is there stays. Of several at once one is made. */
export async function ensureSignatureSecret(deps: ConfigureNeeds, poolId: PoolId): Promise<void> {
  if ((await getIdentifySettings(deps, poolId)).hasSignatureSecret) return;
  const secret = deps.random.bytes(SECRET_BYTES).toString('base64url');
  await save(deps, poolId, ({ definition, secrets }) => {
    if (secrets.signature !== null) return { definition, secrets };
    return { definition, secrets: { ...secrets, signature: { secret, previous: [] } } };
  });
}

interface Opened {
  readonly definition: Partial<IdentifyConfig>;
  readonly secrets: ProjectSecrets;
}

type Revise = (stored: Opened) => Opened;

async function save(deps: ConfigureNeeds, poolId: PoolId, revise: Revise): Promise<void> {
  const vault = await deps.vault.pool(poolId);
  await deps.identifySettings.transaction(async (tx) => {
    // First, so that two who set something at once come one after the other, also where there is no row yet.
    await tx.raiseConfigVersion(poolId);
    const stored = await tx.lockSettings(poolId);
    const before: Opened = {
      definition: stored.definition,
      secrets: openSecrets(vault, stored.secrets),
    };
    const after = revise(before);
    const fields = changedFields(before, after);
    if (fields.length === 0) return;
    await tx.saveSettings(poolId, {
      definition: after.definition,
      secrets: isSameJson(before.secrets, after.secrets) ? stored.secrets : sealSecrets(vault, after.secrets),
    });
    await tx.record(stampOf(deps, null, poolId), { action: 'pool.configured', subjectId: poolId, fields });
  });
}

/** The settings to store, and the secrets of the providers that were named. */
function withChange(
  definition: Partial<IdentifyConfig>,
  { settings, providers }: IdentifyChange,
): { definition: Partial<IdentifyConfig>; secrets: { [name: string]: { [path: string]: string } | null } } {
  const kept: { [name: string]: ProviderConfig } = { ...definition.providers };
  const secrets: { [name: string]: { [path: string]: string } | null } = {};
  for (const [name, provider] of Object.entries(providers)) {
    secrets[name] = null;
    if (provider === null) delete kept[name];
    else if (provider.type === 'outside') {
      const { open, secret } = splitSettings(provider.settings);
      kept[name] = { ...provider, settings: open };
      secrets[name] = secret;
    } else kept[name] = provider;
  }
  const signature = { ...DEFAULT_IDENTIFY.signature, ...definition.signature, ...settings.signature };
  const limits = { ...DEFAULT_IDENTIFY.limits, ...definition.limits, ...settings.limits };
  return { definition: { ...definition, ...settings, signature, limits, providers: kept }, secrets };
}

function withSecrets(
  before: ProjectSecrets,
  { secret, previousSecrets }: IdentifyChange,
  providers: { readonly [name: string]: { readonly [path: string]: string } | null },
): ProjectSecrets {
  const { signature } = before;
  const current = secret ?? signature?.secret;
  const previous = previousSecrets ?? leftBy(signature, current);
  const kept = Object.entries({ ...before.providers, ...providers }).filter(
    ([, secrets]) => secrets !== null && Object.keys(secrets).length > 0,
  );
  return {
    signature: current === undefined ? null : { secret: current, previous },
    providers: Object.fromEntries(kept) as ProjectSecrets['providers'],
  };
}

/** What goes on verifying beside `current`. Whoever goes back and forth between two secrets pushes out no other. */
function leftBy(signature: ProjectSecrets['signature'], current: string | undefined): readonly string[] {
  if (signature === null) return [];
  const { secret, previous } = signature;
  if (secret === current) return previous;
  return [secret, ...previous.filter((one) => one !== current)].slice(0, PREVIOUS_MAX);
}

/** @throws InvalidInput */
function requireDefaults({ defaults, providers }: IdentifyConfig): void {
  const wrong = Object.entries(defaults).filter(([, name]) => providers[name] === undefined);
  if (wrong.length === 0) return;
  throw new InvalidInput(
    wrong.map(([strategy]): FieldProblem => {
      return { path: ['defaults', strategy], code: 'invalid', message: 'must be a provider of the project' };
    }),
  );
}

function changedFields(before: Opened, after: Opened): string[] {
  const [old, now] = [identifyConfigOf(before.definition), identifyConfigOf(after.definition)];
  const { providers: oldProviders, ...oldRest } = old;
  const { providers, ...rest } = now;
  const names = new Set([...Object.keys(oldProviders), ...Object.keys(providers)]);
  const secretOf = ({ secrets }: Opened, name: string) => secrets.providers[name] ?? null;
  return [
    ...(Object.keys(rest) as (keyof typeof rest)[]).filter((name) => !isSameJson(oldRest[name], rest[name])),
    ...[...names]
      .filter(
        (name) =>
          !isSameJson(oldProviders[name] ?? null, providers[name] ?? null) ||
          !isSameJson(secretOf(before, name), secretOf(after, name)),
      )
      .map((name) => `providers.${name}`),
    ...(isSameJson(before.secrets.signature, after.secrets.signature) ? [] : ['signature_secret']),
  ].map((name) => `identify.${name}`);
}
