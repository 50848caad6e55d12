import type { IdentifyConfig } from '../../core/identify/config.ts';
import type { IdentifySettingsStore } from '../../core/identify/settings-ports.ts';
import type { Session } from '../session.ts';
import { poolStateWrites } from './pool-rows.ts';

const LOCK = 'select definition, secrets from identify_settings where pool_id = $1::uuid for update';

const SAVE = `
  insert into identify_settings (pool_id, definition, secrets) values ($1::uuid, $2::text::jsonb, $3::bytea)
  on conflict (pool_id) do update set definition = excluded.definition, secrets = excluded.secrets`;

const FORGET_ORIGINS = 'delete from identify_origins where pool_id = $1::uuid';

const SAVE_ORIGINS = `
  insert into identify_origins (origin, pool_id) select t.origin, $1::uuid from unnest($2::text[]) as t(origin)
  on conflict (origin, pool_id) do nothing`;

const LISTS_ORIGIN =
  'select exists (select 1 from identify_origins where origin = any($1::text[])) as is_listed';

interface Row {
  definition: Partial<IdentifyConfig>;
  secrets: Buffer | null;
}

/** What operators set of projects. Reading it is a part of the pool's configuration; see `pool-configs.ts`. */
export function createIdentifySettingsStore(session: Session): IdentifySettingsStore {
  const { raiseConfigVersion, record } = poolStateWrites(session);
  return {
    transaction: (work) => session.transaction((tx) => work(createIdentifySettingsStore(tx))),
    async lockSettings(poolId) {
      const { rows } = await session.query<Row>({ text: LOCK, parameters: [poolId] });
      return rows[0] ?? { definition: {}, secrets: null };
    },
    async saveSettings(poolId, { definition, secrets }) {
      await session.query({ text: SAVE, parameters: [poolId, JSON.stringify(definition), secrets] });
      await session.query({ text: FORGET_ORIGINS, parameters: [poolId] });
      const origins = definition.corsOrigins ?? [];
      if (origins.length > 0) await session.query({ text: SAVE_ORIGINS, parameters: [poolId, origins] });
    },
    async listsOrigin(candidates) {
      const { rows } = await session.query<{ is_listed: boolean }>({
        text: LISTS_ORIGIN,
        parameters: [candidates],
      });
      return rows[0]?.is_listed === true;
    },
    raiseConfigVersion,
    record,
  };
}
