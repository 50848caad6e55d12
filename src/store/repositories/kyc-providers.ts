import type { KycProviderConfig, ProviderKind } from '../../core/kyc/config.ts';
import type { ProviderSettingsStore } from '../../core/kyc/provider-settings-ports.ts';
import type { Session } from '../session.ts';
import { poolStateWrites } from './pool-rows.ts';

const LOCK = `
  select slug, kind, definition, secret, is_enabled from kyc_providers
  where pool_id = $1::uuid and slug = $2::text for update`;

const COUNT = 'select count(*)::integer as n from kyc_providers where pool_id = $1::uuid';

const SAVE = `
  insert into kyc_providers (pool_id, slug, kind, definition, secret, is_enabled, created_at, updated_at)
  values ($1::uuid, $2::text, $3::text, $4::text::jsonb, $5::bytea, $6::boolean, $7::timestamptz, $7::timestamptz)
  on conflict (pool_id, slug) do update
  set definition = excluded.definition, secret = excluded.secret, is_enabled = excluded.is_enabled,
      updated_at = excluded.updated_at`;

const REMOVE = `
  delete from kyc_providers where pool_id = $1::uuid and slug = $2::text returning 1 as n`;

const START_CATCH_UP = `
  insert into kyc_catch_ups (pool_id, provider) values ($1::uuid, $2::text)
  on conflict (pool_id, provider) do update set after_id = null`;

const STOP_CATCH_UP = 'delete from kyc_catch_ups where pool_id = $1::uuid and provider = $2::text';

const FIND_SECRET = `
  select k.secret, s.config_version from kyc_providers k
  join pool_states s on s.pool_id = $1::uuid
  where k.pool_id = $1::uuid and k.slug = $2::text and k.secret is not null`;

type Definition = Omit<KycProviderConfig, 'slug' | 'kind' | 'isEnabled'>;

interface Row {
  slug: string;
  kind: ProviderKind;
  definition: Definition;
  secret: Buffer | null;
  is_enabled: boolean;
}

/** What operators set of KYC providers. Reading them is a part of the pool's configuration; see `pool-configs.ts`. */
export function createProviderSettingsStore(session: Session): ProviderSettingsStore {
  const { raiseConfigVersion, record } = poolStateWrites(session);
  const all = async <Found>(text: string, parameters: readonly unknown[]): Promise<Found[]> =>
    (await session.query<Found>({ text, parameters })).rows;

  return {
    transaction: (work) => session.transaction((tx) => work(createProviderSettingsStore(tx))),
    async lockProvider(poolId, slug) {
      const [row] = await all<Row>(LOCK, [poolId, slug]);
      if (row === undefined) return null;
      const { kind, definition, secret, is_enabled: isEnabled } = row;
      return { config: { ...definition, slug: row.slug, kind, isEnabled }, sealedSecret: secret };
    },
    async countProviders(poolId) {
      return (await all<{ n: number }>(COUNT, [poolId]))[0]?.n ?? 0;
    },
    async saveProvider(poolId, { config, sealedSecret }, at) {
      const { slug, kind, isEnabled, operations, approvesAutomatically, url } = config;
      const definition: Definition = { operations, approvesAutomatically, url };
      await all(SAVE, [poolId, slug, kind, JSON.stringify(definition), sealedSecret, isEnabled, at]);
    },
    removeProvider: async (poolId, slug) => (await all(REMOVE, [poolId, slug])).length === 1,
    async startCatchUp(poolId, slug) {
      await all(START_CATCH_UP, [poolId, slug]);
    },
    async stopCatchUp(poolId, slug) {
      await all(STOP_CATCH_UP, [poolId, slug]);
    },
    async findSecret(poolId, slug) {
      const [row] = await all<{ secret: Buffer; config_version: number }>(FIND_SECRET, [poolId, slug]);
      return row === undefined ? null : { sealedSecret: row.secret, configVersion: row.config_version };
    },
    raiseConfigVersion,
    record,
  };
}
