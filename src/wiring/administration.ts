import { setTimeout as delay } from 'node:timers/promises';
import type {
  AccountAdministration,
  IamAdministration,
  IdentityAdministration,
  KeyAdministration,
  KycAdministration,
  OidcAdministration,
  RotationAdministration,
  VerificationAdministration,
  WebhookAdministration,
} from '../cli/wiring-types.ts';
import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import { InternalFault, NotFound, WrongState } from '../core/errors.ts';
import { configureIam, getIamSettings } from '../core/iam/configure.ts';
import { purgeIdentities } from '../core/identities/purge-identities.ts';
import { createIdentityKey } from '../core/keys/create-identity-key.ts';
import { changeApiKey, createApiKey } from '../core/keys/manage-keys.ts';
import { listProviders, removeProvider, setProvider } from '../core/kyc/configure-providers.ts';
import { listOidcProviders, removeOidcProvider, setOidcProvider } from '../core/oidc/configure-providers.ts';
import { createAccount } from '../core/pools/create-account.ts';
import type { Environment, KeyId } from '../core/ports.ts';
import { rotateKeys, rotateRootKey } from '../core/rotation/rotate-keys.ts';
import { offerOf } from '../core/self-service/begin-flow.ts';
import { configureVerification, getVerificationSettings } from '../core/verification/configure.ts';
import { createWebhook, WEBHOOKS_MAX } from '../core/webhooks/manage-webhooks.ts';
import { addRootKey, pruneRootKeys, stageRootKey } from '../crypto/root-key-file.ts';
import { toPlaced, toTagged } from '../kit/ids.ts';
import type { Database } from '../store/postgres.ts';
import { listAllPoolIds } from '../store/repositories/pool-configs.ts';
import { createRotationStore } from '../store/repositories/rotations.ts';
import { versioning } from '../surfaces/verification/negotiate.ts';

/** Requests a minute of keys that are not given another limit. */
export const REQUESTS_PER_MINUTE = 60_000;

export function administerKeys(deps: Deps): KeyAdministration {
  const change = async (id: KeyId, to: 'revoke' | 'suspend' | 'resume'): Promise<boolean> => {
    try {
      await changeApiKey(deps, id, to);
      return true;
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  };
  return {
    async create(input) {
      const { key, text } = await createApiKey(deps, input);
      return { key, secret: text };
    },
    createForIdentity: async (input) => ({ key: await createIdentityKey(deps, input) }),
    list: () => deps.keys.listApiKeys(),
    revoke: (id) => change(id, 'revoke'),
    suspend: (id) => change(id, 'suspend'),
    resume: (id) => change(id, 'resume'),
  };
}

export function administerAccounts(deps: Deps): AccountAdministration {
  return {
    async create({ title }) {
      const { account, pools } = await createAccount(deps, { title, environments: ['live', 'sandbox'] });
      const { id: accountId, partition } = account;
      const entry = (environment: Environment) => {
        const pool = pools.find((candidate) => candidate.environment === environment);
        if (pool === undefined) throw new InternalFault(`no ${environment} pool was made`);
        return { poolId: pool.id, poolRef: toPlaced(pool.id, 'pool', partition) };
      };
      const live = entry('live');
      const { text } = await createApiKey(deps, {
        poolId: live.poolId,
        label: 'First key',
        grants: ['all'],
        requestsPerMinute: REQUESTS_PER_MINUTE,
        allowedAddresses: null,
        expiresAt: null,
      });
      const accountRef = toPlaced(accountId, 'account', partition);
      return { accountId, accountRef, live, sandbox: entry('sandbox'), secret: text };
    },
  };
}

export function administerIdentities(deps: Deps, db: Database): IdentityAdministration {
  return {
    async purge({ poolId, closedBefore, onProgress }) {
      let removed = 0;
      for (const one of poolId === null ? await listAllPoolIds(db) : [poolId]) {
        const before = removed;
        removed += await purgeIdentities(deps, {
          poolId: one,
          closedBefore,
          onProgress: (count) => onProgress?.(before + count),
        });
      }
      return removed;
    },
  };
}

export function administerVerification(deps: Deps): VerificationAdministration {
  return {
    show: (poolId) => getVerificationSettings(deps, poolId),
    configure: (input) => configureVerification(deps, input),
  };
}

export function administerIam(deps: Deps): IamAdministration {
  return {
    show: (poolId) => getIamSettings(deps, poolId),
    configure: (input) => configureIam(deps, input),
    async showSelfService(poolId) {
      const { config, offered } = await offerOf(deps, { poolId });
      return { own: config.iam.selfService, offered };
    },
  };
}

export function administerKyc(deps: Deps): KycAdministration {
  return {
    list: (poolId) => listProviders(deps, poolId),
    set: (input) => setProvider(deps, input),
    remove: (input) => removeProvider(deps, input),
  };
}

export function administerOidc(deps: Deps): OidcAdministration {
  return {
    list: (poolId) => listOidcProviders(deps, poolId),
    set: (input) => setOidcProvider(deps, input),
    remove: (input) => removeOidcProvider(deps, input),
  };
}

export function administerRotations(
  { clock, ids, vault }: Pick<Deps, 'clock' | 'ids' | 'vault'>,
  db: Database,
  rootKey: Config['rootKey'],
): RotationAdministration {
  const rotations = createRotationStore(db);
  const deps = { clock, ids, vault, rotations, pause: (ms: number) => delay(ms) };
  const { file } = rootKey;
  return {
    async rotate({ poolId, ...input }) {
      if (poolId !== null && (await rotations.listPoolKeys(poolId)).keys.length === 0) throw new NotFound();
      const poolIds = poolId === null ? await listAllPoolIds(db) : [poolId];
      return rotateKeys(deps, { ...input, poolIds });
    },
    async rotateRoot({ prune, ...input }) {
      if (prune && file === null) {
        throw new WrongState('Only a root key file can be pruned; this root key is kept elsewhere.');
      }
      const addKey = prune || file === null ? null : () => addRootKey(file);
      const rotated = await rotateRootKey(deps, { ...input, addKey });
      const removed =
        prune && file !== null
          ? await rotations.withRootKeyFile(() => pruneRootKeys(file, () => rotations.listRootKeyIds()))
          : [];
      return { ...rotated, removed };
    },
    async stageRoot() {
      if (file === null) throw new WrongState('Only a root key file can have a staged key.');
      return rotations.withRootKeyFile(() => stageRootKey(file));
    },
  };
}

export function administerWebhooks(deps: Deps): WebhookAdministration {
  return {
    async add({ poolId, url, apiVersion, enabledEvents, dialect, keyInflection, label }) {
      const { webhook, secret } = await createWebhook(
        deps,
        { poolId, context: null },
        {
          apiVersion: versioning.resolve(undefined, apiVersion),
          ...{ url, dialect, label, enabled_events: enabledEvents, key_inflection: keyInflection },
        },
      );
      if (secret === null) throw new InternalFault('a webhook was made without a secret');
      return { id: toTagged(webhook.id, 'whe'), secret };
    },
    async list(poolId) {
      await deps.configs.current(poolId);
      const { items } = await deps.webhooks.listWebhooks(poolId, { offset: 0, limit: WEBHOOKS_MAX });
      return items.map(({ id, url, dialect, enabledEvents, isActive, label }) => {
        return { id: toTagged(id, 'whe'), url, dialect, enabledEvents, isActive, label };
      });
    },
  };
}
