import type { FlowId } from '../../core/self-service/ports.ts';
import type { DepartureStore } from '../../core/self-service/provider-ports.ts';
import type { Session } from '../session.ts';

const PUT = `
  insert into oidc_departures (pool_id, flow_id, state_digest, box, expires_at)
  values ($1::uuid, $2::uuid, $3::bytea, $4::bytea, $5::timestamptz)
  on conflict (pool_id, flow_id) do update
    set state_digest = excluded.state_digest, box = excluded.box, expires_at = excluded.expires_at`;

const FIND = 'select flow_id from oidc_departures where pool_id = $1::uuid and state_digest = $2::bytea';

const TAKE = `
  delete from oidc_departures
  where pool_id = $1::uuid and state_digest = $2::bytea and expires_at > $3::timestamptz returning box`;

/** They go with their flows. */
export function createDepartureStore(session: Session): DepartureStore {
  return {
    async putDeparture({ poolId, flowId, stateDigest, box, expiresAt }) {
      await session.query({ text: PUT, parameters: [poolId, flowId, stateDigest, box, expiresAt] });
    },
    async findDeparture(poolId, stateDigest) {
      const parameters = [poolId, stateDigest];
      const { rows } = await session.query<{ flow_id: FlowId }>({ text: FIND, parameters });
      return rows[0]?.flow_id ?? null;
    },
    async takeDeparture(poolId, stateDigest, at) {
      const parameters = [poolId, stateDigest, at];
      const { rows } = await session.query<{ box: Buffer }>({ text: TAKE, parameters });
      return rows[0]?.box ?? null;
    },
  };
}
