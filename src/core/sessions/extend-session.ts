import type { Deps } from '../deps.ts';
import type { ActingContext, PoolId } from '../ports.ts';
import type { SessionConfig } from './config.ts';
import { getSession } from './find-session.ts';
import { markOf } from './mark.ts';
import type { SessionId } from './ports.ts';
import type { SessionView } from './view.ts';

/**
 * Gives a session its whole lifespan again, from now on, provided that it is in the part of its life in which it may be
 * extended; else it stays as it is, which is no error. One that was revoked stays revoked; one that is over goes on, as
 * the contract has it. Of many at once one extends.
 *
 * @throws NotFound Missing or another pool's.
 * @see Contract iam 4.2, "Extend".
 */
export async function extendSession(
  deps: Pick<Deps, 'clock' | 'ids' | 'sessions' | 'vault'>,
  context: ActingContext,
  input: {
    readonly id: SessionId;
    readonly config: Pick<SessionConfig, 'lifespanMs' | 'earliestExtendMs'>;
  },
): Promise<SessionView> {
  const { id, config } = input;
  const { poolId } = context.principal;
  await extendIfDue(deps, context, { poolId, id, config });
  return getSession(deps, poolId, id);
}

async function extendIfDue(
  deps: Pick<Deps, 'clock' | 'ids' | 'sessions' | 'vault'>,
  context: ActingContext,
  { poolId, id, config }: { poolId: PoolId } & Parameters<typeof extendSession>[2],
): Promise<void> {
  const { lifespanMs, earliestExtendMs } = config;
  const now = deps.clock.now().getTime();
  const vault = await deps.vault.pool(poolId);
  await deps.sessions.extendSession(poolId, {
    id,
    expiresAt: new Date(now + lifespanMs),
    ifExpiresBefore: new Date(now + (earliestExtendMs ?? lifespanMs)),
    ...markOf(deps, context, vault, { poolId, what: 'extend' }),
  });
}
