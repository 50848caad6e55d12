import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import type { ActingContext, PoolId, PoolVault } from '../ports.ts';
import type { SessionMark } from './ports.ts';

/** What becomes of a session, as its identity's log tells it. `fields` are those of the session. */
const MARKS = {
  start: { action: 'identity.session_started', fields: [] },
  authenticate: { action: 'identity.session_authenticated', fields: ['authenticated_at', 'methods'] },
  extend: { action: 'identity.session_extended', fields: ['expires_at'] },
  end: { action: 'identity.session_revoked', fields: ['revoked_at'] },
} as const;

export function markOf(
  deps: Pick<Deps, 'clock' | 'ids'>,
  context: ActingContext,
  vault: PoolVault,
  { poolId, what }: { readonly poolId: PoolId; readonly what: keyof typeof MARKS },
): SessionMark {
  return { stamp: stampOf(deps, context, poolId, vault), ...MARKS[what] };
}
