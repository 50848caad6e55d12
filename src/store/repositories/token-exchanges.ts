import type { FlowId } from '../../core/self-service/ports.ts';
import type { ExchangeStore } from '../../core/self-service/provider-ports.ts';
import type { Session } from '../session.ts';

const INSERT = `
  insert into token_exchanges (pool_id, flow_id, init_digest, expires_at)
  values ($1::uuid, $2::uuid, $3::bytea, $4::timestamptz)`;

const FINISH = `
  update token_exchanges set return_digest = $3::bytea, box = $4::bytea, expires_at = $6::timestamptz
  where pool_id = $1::uuid and flow_id = $2::uuid and return_digest is null and expires_at > $5::timestamptz
  returning 1 as n`;

const TAKE = `
  delete from token_exchanges
  where pool_id = $1::uuid and init_digest = $2::bytea and return_digest = $3::bytea and expires_at > $4::timestamptz
  returning flow_id, box`;

const IS_WAITING = `
  select 1 as n from token_exchanges
  where pool_id = $1::uuid and init_digest = $2::bytea and return_digest is null and expires_at > $3::timestamptz`;

/** They go with their flows. */
export function createExchangeStore(session: Session): ExchangeStore {
  const all = async <Found>(text: string, parameters: readonly unknown[]): Promise<Found[]> =>
    (await session.query<Found>({ text, parameters })).rows;
  return {
    async insertExchange({ poolId, flowId, initDigest, expiresAt }) {
      await all(INSERT, [poolId, flowId, initDigest, expiresAt]);
    },
    async finishExchange({ poolId, flowId, returnDigest, box, at, expiresAt }) {
      return (await all(FINISH, [poolId, flowId, returnDigest, box, at, expiresAt])).length === 1;
    },
    async takeExchange(poolId, { initDigest, returnDigest }, at) {
      const [row] = await all<{ flow_id: FlowId; box: Buffer }>(TAKE, [poolId, initDigest, returnDigest, at]);
      return row === undefined ? null : { flowId: row.flow_id, box: row.box };
    },
    async isWaiting(poolId, initDigest, at) {
      return (await all(IS_WAITING, [poolId, initDigest, at])).length === 1;
    },
  };
}
