import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import { BUILTIN_SLUG, DEFAULT_KYC, DEFAULT_OPERATIONS, type KycProviderConfig } from './config.ts';
import { createProviderSecret, sealProviderSecret } from './provider-secret.ts';
import type { ProviderSettingsStore, StoredProvider } from './provider-settings-ports.ts';
import { type ProviderChange, type ProviderInput, readProviderChange } from './read-provider-settings.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'random' | 'vault' | 'configs' | 'kycSettings' | 'outgoing'>;

/** Each is asked about every identity of the pool. */
export const PROVIDERS_MAX = 20;

/** Names of settings in audit entries. */
const NAMES = {
  url: 'url',
  isEnabled: 'enabled',
  approvesAutomatically: 'approves_automatically',
  operations: 'operations',
} as const satisfies Partial<Record<keyof KycProviderConfig, string>>;

/** A provider, with its secret where it was made just now. */
export interface ShownProvider {
  readonly provider: KycProviderConfig;
  readonly secret: string | null;
}

/** In order of their slugs; the built-in one is always among them. @throws NotFound No such pool. */
export async function listProviders(
  { configs }: Pick<Deps, 'configs'>,
  poolId: PoolId,
): Promise<readonly KycProviderConfig[]> {
  return (await configs.current(poolId)).kyc.providers;
}

/**
 * Adds a provider to a pool, or changes one; what is not named stays. An act of the installation: there is no route to
 * it. Provider, the pool's next configuration version, audit entry and event are one transaction; setting what is set
 * already is nothing. Who is there already gets an entry at a provider that is new, or switched on again, little by little
 * (`catchUpProviders`); switched off, it is asked nothing more and its verdicts are refused.
 *
 * @param input.renewsSecret The old secret is void at once.
 * @returns With the secret of a new outside provider, or a renewed one: this once.
 * @throws NotFound No such pool. @throws InvalidInput Every problem at once. @throws WrongState There are 20 already.
 * @see Contract kyc 4.1, 4.2.
 */
export async function setProvider(
  deps: Needs,
  { poolId, renewsSecret, ...input }: ProviderInput & { poolId: PoolId; renewsSecret?: boolean },
): Promise<ShownProvider> {
  const { environment, kyc } = await deps.configs.current(poolId);
  const allowsHttp = deps.outgoing.plainHttp || environment === 'sandbox';
  const change = readProviderChange(input, { allowsHttp });
  const renews = renewsSecret === true && input.slug !== BUILTIN_SLUG;
  const known = kyc.providers.find(({ slug }) => slug === input.slug);
  if (known !== undefined && !renews && changedFields(known, change).length === 0)
    return { provider: known, secret: null };
  const vault = await deps.vault.pool(poolId);
  return deps.kycSettings.transaction(async (tx) => {
    // First, so that two who set something at once come one after the other, also where there is no row yet.
    await tx.raiseConfigVersion(poolId);
    const stored = await tx.lockProvider(poolId, input.slug);
    const before = stored ?? (await newProvider(tx, poolId, input.slug, change));
    const secret = needsSecret(before, renews) ? createProviderSecret(deps) : null;
    const sealedSecret =
      secret === null ? before.sealedSecret : sealProviderSecret(vault, input.slug, secret);
    const provider = { ...before.config, ...change };
    const fields = [...changedFields(before.config, change), ...(secret === null ? [] : ['secret'])];
    if (fields.length === 0) return { provider, secret: null };
    const stamp = stampOf(deps, null, poolId);
    await tx.saveProvider(poolId, { config: provider, sealedSecret }, stamp.at);
    const wasOn = before.config.isEnabled && (stored !== null || input.slug === BUILTIN_SLUG);
    if (provider.isEnabled && !wasOn) await tx.startCatchUp(poolId, input.slug);
    if (!provider.isEnabled) await tx.stopCatchUp(poolId, input.slug);
    await tx.record(stamp, {
      action: 'pool.configured',
      subjectId: poolId,
      fields: fields.map((name) => `kyc_providers.${input.slug}.${name}`),
    });
    return { provider, secret };
  });
}

function needsSecret({ config, sealedSecret }: StoredProvider, renews: boolean): boolean {
  return config.kind === 'http' && (renews || sealedSecret === null);
}

/** @throws InvalidInput Without an address. @throws WrongState */
async function newProvider(
  tx: ProviderSettingsStore,
  poolId: PoolId,
  slug: string,
  { url }: ProviderChange,
): Promise<StoredProvider> {
  const builtin = DEFAULT_KYC.providers.find((one) => one.slug === slug);
  if (builtin !== undefined) return { config: builtin, sealedSecret: null };
  if (url === undefined)
    throw new InvalidInput([
      { path: ['url'], code: 'required', message: 'must be given for a provider that is new' },
    ]);
  if ((await tx.countProviders(poolId)) >= PROVIDERS_MAX)
    throw new WrongState(`A pool has at most ${PROVIDERS_MAX} KYC providers.`);
  const config: KycProviderConfig = {
    ...{ slug, kind: 'http', isEnabled: true, operations: DEFAULT_OPERATIONS },
    ...{ approvesAutomatically: false, url: null },
  };
  return { config, sealedSecret: null };
}

/**
 * Removes an outside provider with its secret. What it has approved stays; its cases that are not decided wait until a
 * provider of that name is set again, or the identity goes.
 *
 * @throws NotFound No such pool or provider. @throws WrongState The built-in one can be switched off, not removed.
 */
export async function removeProvider(
  deps: Pick<Needs, 'clock' | 'ids' | 'configs' | 'kycSettings'>,
  { poolId, slug }: { readonly poolId: PoolId; readonly slug: string },
): Promise<void> {
  await deps.configs.current(poolId);
  if (slug === BUILTIN_SLUG)
    throw new WrongState('The built-in provider cannot be removed; it can be disabled.');
  await deps.kycSettings.transaction(async (tx) => {
    await tx.raiseConfigVersion(poolId);
    if (!(await tx.removeProvider(poolId, slug))) throw new NotFound();
    await tx.record(stampOf(deps, null, poolId), {
      action: 'pool.configured',
      subjectId: poolId,
      fields: [`kyc_providers.${slug}`],
    });
  });
}

function changedFields(before: KycProviderConfig, change: ProviderChange): string[] {
  const after = { ...before, ...change };
  return (Object.keys(NAMES) as (keyof typeof NAMES)[])
    .filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]))
    .map((name) => NAMES[name]);
}
