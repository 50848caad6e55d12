import type { IamConfig } from '../../core/iam/config.ts';
import type { IamSettingsStore } from '../../core/iam/settings-ports.ts';
import type { Session } from '../session.ts';
import { poolStateWrites } from './pool-rows.ts';

const LOCK = 'select definition from iam_settings where pool_id = $1::uuid for update';

const SAVE = `
  insert into iam_settings (pool_id, definition) values ($1::uuid, $2::text::jsonb)
  on conflict (pool_id) do update set definition = iam_settings.definition || excluded.definition`;

/** What operators set of credentials. Reading it is a part of the pool's configuration; see `pool-configs.ts`. */
export function createIamSettingsStore(session: Session): IamSettingsStore {
  const { raiseConfigVersion, record } = poolStateWrites(session);
  return {
    transaction: (work) => session.transaction((tx) => work(createIamSettingsStore(tx))),
    async lockSettings(poolId) {
      const { rows } = await session.query<{ definition: Partial<IamConfig> }>({
        text: LOCK,
        parameters: [poolId],
      });
      return rows[0]?.definition ?? {};
    },
    async saveSettings(poolId, change) {
      await session.query({ text: SAVE, parameters: [poolId, JSON.stringify(change)] });
    },
    raiseConfigVersion,
    record,
  };
}
