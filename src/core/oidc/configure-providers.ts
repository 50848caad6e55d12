import { isSameJson } from '../../kit/same-json.ts';
import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import { DEFAULT_MAPPING, DEFAULT_SCOPES, type OidcProviderConfig } from './config.ts';
import type { OidcSettingsStore, StoredOidcProvider } from './ports.ts';
import { sealClientSecret } from './provider-secret.ts';
import {
  type OidcProviderChange,
  type OidcProviderInput,
  readOidcProvider,
} from './read-provider-settings.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'oidcSettings' | 'outgoing'>;

const PROVIDERS_MAX = 50;

/** Names of the settings in audit entries. */
const NAMES = {
  label: 'label',
  issuer: 'issuer',
  clientId: 'client_id',
  clientAuth: 'client_auth',
  scopes: 'scopes',
  parameters: 'parameters',
  claimsFrom: 'claims_from',
  mapping: 'mapping',
  isEnabled: 'enabled',
} as const satisfies { readonly [K in keyof OidcProviderChange]-?: string };

/** In order of their ids. @throws NotFound No such pool. */
export async function listOidcProviders(
  { configs }: Pick<Deps, 'configs'>,
  poolId: PoolId,
): Promise<readonly OidcProviderConfig[]> {
  return (await configs.current(poolId)).oidc.providers;
}

/**
 * Adds a provider to a pool, or changes one; what is not named stays. An act of the installation: there is no route to
 * it. Provider, the pool's next configuration version, audit entry and event are one transaction; setting what is set
 * already is nothing. Whoever is linked to a provider stays so when it is switched off, and cannot sign in by it.
 *
 * @param input.clientSecret Kept sealed, and never shown again.
 * @throws NotFound No such pool. @throws InvalidInput Every problem at once. @throws WrongState There are 50 already.
 */
export async function setOidcProvider(
  deps: Needs,
  { poolId, ...input }: OidcProviderInput & { readonly poolId: PoolId },
): Promise<OidcProviderConfig> {
  const { environment } = await deps.configs.current(poolId);
  const allowsHttp = deps.outgoing.plainHttp || environment === 'sandbox';
  const change = readOidcProvider(input, { allowsHttp });
  const vault = await deps.vault.pool(poolId);
  return deps.oidcSettings.transaction(async (tx) => {
    // First, so that two who set something at once come one after the other, also where there is no row yet.
    await tx.raiseConfigVersion(poolId);
    const stored = await tx.lockProvider(poolId, input.id);
    const before = stored ?? (await newProvider(tx, poolId, input));
    const config = { ...before.config, ...change };
    const sealedSecret =
      input.clientSecret === undefined
        ? before.sealedSecret
        : sealClientSecret(vault, input.id, input.clientSecret);
    requireSecret(config, sealedSecret);
    const fields = [
      ...(stored === null ? Object.values(NAMES) : changedFields(before.config, config)),
      ...(input.clientSecret === undefined ? [] : ['client_secret']),
    ];
    if (fields.length === 0) return config;
    const stamp = stampOf(deps, null, poolId);
    await tx.saveProvider(poolId, { config, sealedSecret }, stamp.at);
    await tx.record(stamp, {
      action: 'pool.configured',
      subjectId: poolId,
      fields: fields.map((name) => `oidc_providers.${input.id}.${name}`),
    });
    return config;
  });
}

/** @throws InvalidInput What a new one needs is missing. @throws WrongState */
async function newProvider(
  tx: OidcSettingsStore,
  poolId: PoolId,
  { id, label, issuer, clientId, clientSecret, clientAuth }: OidcProviderInput,
): Promise<StoredOidcProvider> {
  if (issuer === undefined || clientId === undefined) {
    const missing = Object.entries({ issuer, clientId }).filter(([, value]) => value === undefined);
    throw new InvalidInput(
      missing.map(([name]): FieldProblem => {
        return { path: [name], code: 'required', message: 'must be given for a provider that is new' };
      }),
    );
  }
  if ((await tx.countProviders(poolId)) >= PROVIDERS_MAX)
    throw new WrongState(`A pool has at most ${PROVIDERS_MAX} OpenID providers.`);
  const isPublic = clientSecret === undefined && clientAuth === undefined;
  const config: OidcProviderConfig = {
    ...{ id, label: label ?? id, issuer, clientId, isEnabled: true, parameters: {}, claimsFrom: 'id_token' },
    ...{ clientAuth: isPublic ? 'none' : 'client_secret_basic' },
    ...{ scopes: DEFAULT_SCOPES, mapping: DEFAULT_MAPPING },
  };
  return { config, sealedSecret: null };
}

/** @throws InvalidInput */
function requireSecret({ clientAuth }: OidcProviderConfig, sealedSecret: Buffer | null): void {
  if (clientAuth === 'none' || sealedSecret !== null) return;
  const message = 'must be given, or the client authentication be none';
  throw new InvalidInput([{ path: ['clientSecret'], code: 'required', message }]);
}

/**
 * Removes a provider with its secret. Identities keep their accounts there, by which nobody signs in until a provider
 * of that id is set again: take another id for another issuer.
 *
 * @throws NotFound No such pool or provider.
 */
export async function removeOidcProvider(
  deps: Pick<Needs, 'clock' | 'ids' | 'configs' | 'oidcSettings'>,
  { poolId, id }: { readonly poolId: PoolId; readonly id: string },
): Promise<void> {
  await deps.configs.current(poolId);
  await deps.oidcSettings.transaction(async (tx) => {
    await tx.raiseConfigVersion(poolId);
    if (!(await tx.removeProvider(poolId, id))) throw new NotFound();
    await tx.record(stampOf(deps, null, poolId), {
      action: 'pool.configured',
      subjectId: poolId,
      fields: [`oidc_providers.${id}`],
    });
  });
}

function changedFields(before: OidcProviderConfig, after: OidcProviderConfig): string[] {
  return (Object.keys(NAMES) as (keyof typeof NAMES)[])
    .filter((name) => !isSameJson(after[name], before[name]))
    .map((name) => NAMES[name]);
}
