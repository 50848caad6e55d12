import type { OidcProviderConfig } from '../../core/oidc/config.ts';
import type { OidcSettingsStore } from '../../core/oidc/ports.ts';
import type { Session } from '../session.ts';
import { poolStateWrites } from './pool-rows.ts';

const LOCK = `
  select id, definition, secret, is_enabled from oidc_providers
  where pool_id = $1::uuid and id = $2::text for update`;

const COUNT = 'select count(*)::integer as n from oidc_providers where pool_id = $1::uuid';

const SAVE = `
  insert into oidc_providers (pool_id, id, definition, secret, is_enabled, created_at, updated_at)
  values ($1::uuid, $2::text, $3::text::jsonb, $4::bytea, $5::boolean, $6::timestamptz, $6::timestamptz)
  on conflict (pool_id, id) do update
  set definition = excluded.definition, secret = excluded.secret, is_enabled = excluded.is_enabled,
      updated_at = excluded.updated_at`;

const REMOVE = 'delete from oidc_providers where pool_id = $1::uuid and id = $2::text returning 1 as n';

const FIND_SECRET = `
  select o.secret, s.config_version from oidc_providers o
  join pool_states s on s.pool_id = $1::uuid
  where o.pool_id = $1::uuid and o.id = $2::text`;

type Definition = Omit<OidcProviderConfig, 'id' | 'isEnabled'>;

interface Row {
  id: string;
  definition: Definition;
  secret: Buffer | null;
  is_enabled: boolean;
}

/** What operators set of OpenID providers. Reading them is a part of the pool's configuration; see `pool-configs.ts`. */
export function createOidcSettingsStore(session: Session): OidcSettingsStore {
  const { raiseConfigVersion, record } = poolStateWrites(session);
  const all = async <Found>(text: string, parameters: readonly unknown[]): Promise<Found[]> =>
    (await session.query<Found>({ text, parameters })).rows;

  return {
    transaction: (work) => session.transaction((tx) => work(createOidcSettingsStore(tx))),
    async lockProvider(poolId, id) {
      const [row] = await all<Row>(LOCK, [poolId, id]);
      if (row === undefined) return null;
      const { definition, secret, is_enabled: isEnabled } = row;
      return { config: { ...definition, id: row.id, isEnabled }, sealedSecret: secret };
    },
    async countProviders(poolId) {
      return (await all<{ n: number }>(COUNT, [poolId]))[0]?.n ?? 0;
    },
    async saveProvider(poolId, { config, sealedSecret }, at) {
      const { id, isEnabled, ...definition } = config;
      await all(SAVE, [poolId, id, JSON.stringify(definition), sealedSecret, isEnabled, at]);
    },
    removeProvider: async (poolId, id) => (await all(REMOVE, [poolId, id])).length === 1,
    async findSecret(poolId, id) {
      const [row] = await all<{ secret: Buffer | null; config_version: number }>(FIND_SECRET, [poolId, id]);
      return row === undefined ? null : { sealedSecret: row.secret, configVersion: row.config_version };
    },
    raiseConfigVersion,
    record,
  };
}
