import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { ActingContext, IdentityId } from '../ports.ts';
import { markOf } from './mark.ts';
import type { SessionEnding, SessionId, SessionSelection, StoredSession } from './ports.ts';

/** Sessions that one statement ends, and ids that one request names. */
export const SESSIONS_AT_ONCE_MAX = 500;

type Needs = Pick<Deps, 'clock' | 'ids' | 'sessions' | 'vault'>;
type How = SessionEnding['how'];

/**
 * Marks a session as revoked; its row stays. Twice is as good as once.
 * @throws NotFound Missing or another pool's.
 * @see Contract iam 4.2, 6.1.
 */
export async function revokeSession(deps: Needs, context: ActingContext, id: SessionId): Promise<void> {
  const which = { kind: 'sessions', ids: [id], identityId: null } as const;
  const { count } = await end(deps, context, which, { how: 'disable', entries: 1 });
  if (count > 0) return;
  if ((await deps.sessions.findSession(context.principal.poolId, id)) === null) throw new NotFound();
}

/**
 * Ends another session of the person who asks. Missing ones and those of others look alike: nothing happens.
 *
 * @param input.current The session that asks.
 * @throws InvalidInput It is the one that asks; at path `id`.
 * @see Contract iam 6.5.
 */
export async function revokeOwnSession(
  deps: Needs,
  context: ActingContext,
  { current, id }: { readonly current: Pick<StoredSession, 'id' | 'identityId'>; readonly id: SessionId },
): Promise<void> {
  if (id === current.id) {
    const message = 'must not be the session that asks';
    throw new InvalidInput([{ path: ['id'], code: 'invalid', message }]);
  }
  const { identityId } = current;
  await end(deps, context, { kind: 'sessions', ids: [id], identityId }, { how: 'disable', entries: 1 });
}

/** Ends all other sessions of the person who asks. @returns How many. @see Contract iam 6.5. */
export function revokeOtherSessions(
  deps: Needs,
  context: ActingContext,
  { id, identityId }: Pick<StoredSession, 'id' | 'identityId'>,
): Promise<number> {
  return endAll(deps, context, { kind: 'identities', ids: [identityId], except: id }, 'disable');
}

/** Marks all sessions of an identity as revoked. @returns How many were not yet. */
export function revokeSessionsOf(
  deps: Needs,
  context: ActingContext,
  identityId: IdentityId,
): Promise<number> {
  return endAll(deps, context, { kind: 'identities', ids: [identityId], except: null }, 'disable');
}

/**
 * Removes all sessions of an identity, whatever their state.
 * @throws NotFound There are none; an unknown identity has none.
 * @see Contract iam 4.1.
 */
export async function deleteSessionsOf(
  deps: Needs,
  context: ActingContext,
  identityId: IdentityId,
): Promise<void> {
  const which = { kind: 'identities', ids: [identityId], except: null } as const;
  if ((await endAll(deps, context, which, 'delete')) === 0) throw new NotFound();
}

/** `'*'`: of every identity of the pool. */
export type ManagedSessions =
  | { readonly identities: readonly IdentityId[] | '*' }
  | { readonly sessions: readonly SessionId[] };

/**
 * Ends many sessions, at most 500 a call; unknown ids are passed over. Who calls again until there are no `more` has
 * ended all of them.
 *
 * @throws InvalidInput More than 500 ids.
 * @see Contract iam 4.2, bulk manage.
 */
export async function manageSessions(
  deps: Needs,
  context: ActingContext,
  { action, which }: { readonly action: How; readonly which: ManagedSessions },
): Promise<{ processed: number; more: boolean }> {
  const selection = selectionOf(which);
  const { count, more } = await end(deps, context, selection, {
    how: action,
    entries: selection.kind === 'identities' ? selection.ids.length : SESSIONS_AT_ONCE_MAX,
  });
  return { processed: count, more };
}

function selectionOf(which: ManagedSessions): SessionSelection {
  if ('sessions' in which) {
    return { kind: 'sessions', ids: bounded('sessions', which.sessions), identityId: null };
  }
  const { identities } = which;
  if (identities === '*') return { kind: 'all' };
  return { kind: 'identities', ids: bounded('identities', identities), except: null };
}

function bounded<Id>(name: string, ids: readonly Id[]): readonly Id[] {
  if (ids.length <= SESSIONS_AT_ONCE_MAX) return ids;
  const message = `must be at most ${SESSIONS_AT_ONCE_MAX}`;
  throw new InvalidInput([{ path: [name], code: 'invalid', rule: 'length', message }]);
}

async function endAll(
  deps: Needs,
  context: ActingContext,
  which: SessionSelection & { readonly kind: 'identities' },
  how: How,
): Promise<number> {
  let total = 0;
  for (;;) {
    const { count, more } = await end(deps, context, which, { how, entries: which.ids.length });
    total += count;
    if (!more) return total;
  }
}

async function end(
  deps: Needs,
  context: ActingContext,
  which: SessionSelection,
  { how, entries }: { how: How; entries: number },
): Promise<{ count: number; more: boolean }> {
  const { poolId } = context.principal;
  const vault = await deps.vault.pool(poolId);
  return deps.sessions.endSessions(poolId, {
    ...{ which, how, limit: SESSIONS_AT_ONCE_MAX },
    auditIds: Array.from({ length: entries }, () => deps.ids.next()),
    ...markOf(deps, context, vault, { poolId, what: 'end' }),
  });
}
