import type { PiiField, Plan } from '../../core/verification/config.ts';
import type { VerificationSettingsStore } from '../../core/verification/settings-ports.ts';
import type { Session } from '../session.ts';
import { poolStateWrites } from './pool-rows.ts';

const LOCK = `
  select api_pii_fields, sensitive_data_retention_days, plan, session_quota from verification_settings
  where pool_id = $1::uuid for update`;

const SAVE = `
  insert into verification_settings (pool_id, api_pii_fields, sensitive_data_retention_days, plan, session_quota)
  values ($1::uuid, $2::text[], $3::integer, $4::text, $5::integer)
  on conflict (pool_id) do update
  set api_pii_fields = excluded.api_pii_fields,
      sensitive_data_retention_days = excluded.sensitive_data_retention_days,
      plan = excluded.plan, session_quota = excluded.session_quota
  returning 1 as one`;

interface Row {
  api_pii_fields: PiiField[] | null;
  sensitive_data_retention_days: number | null;
  plan: Plan;
  session_quota: number | null;
}

export function createVerificationSettingsStore(session: Session): VerificationSettingsStore {
  const { raiseConfigVersion, record } = poolStateWrites(session);
  return {
    transaction: (work) => session.transaction((tx) => work(createVerificationSettingsStore(tx))),
    async lockSettings(poolId) {
      const { rows } = await session.query<Row>({ text: LOCK, parameters: [poolId] });
      const [row] = rows;
      if (row === undefined) return null;
      return {
        apiPiiFields: row.api_pii_fields,
        sensitiveDataRetentionDays: row.sensitive_data_retention_days,
        plan: row.plan,
        sessionQuota: row.session_quota,
      };
    },
    async saveSettings(poolId, { apiPiiFields, sensitiveDataRetentionDays, plan, sessionQuota }) {
      await session.query({
        text: SAVE,
        parameters: [poolId, apiPiiFields, sensitiveDataRetentionDays, plan, sessionQuota],
      });
    },
    raiseConfigVersion,
    record,
  };
}
