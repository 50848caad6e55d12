import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { ActingContext, PoolId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { tryAgain } from '../records.ts';
import { isActiveSession } from './active.ts';
import { type AuthenticationMethod, openContent, sealContent } from './content.ts';
import { markOf } from './mark.ts';
import { assuranceOf, withMethod } from './methods.ts';
import type { SessionId, StoredSession } from './ports.ts';
import { keyOfOwner, type SessionView, viewSession } from './view.ts';

/**
 * Notes that a session's person has shown something more, or the same again, as a part of `together`: the level rises
 * with a second factor, and `authenticatedAt` is now. Id, tokens and end stay as they are. Of two at once neither is
 * lost.
 *
 * @throws NotFound Missing, of another pool, or not active.
 * @see Contract iam 6.4, "Refresh" and "Adding a 2nd factor in settings".
 */
export async function addMethod(
  tx: Pick<RecordStores, 'sessions'>,
  deps: Pick<Deps, 'clock' | 'ids' | 'vault'>,
  context: ActingContext,
  input: { readonly poolId: PoolId; readonly id: SessionId; readonly method: AuthenticationMethod },
): Promise<SessionView> {
  const { poolId, id, method } = input;
  const now = deps.clock.now();
  const found = await tx.sessions.findSession(poolId, id);
  if (found === null || !isActiveSession(found.session, found.owner, now)) throw new NotFound();
  const { owner } = found;
  if (owner.wrappedKey === null) throw new NotFound();
  const vault = deps.vault.held(poolId, owner.configVersion);
  if (vault === null) return tryAgain(() => deps.vault.pool(poolId, owner.configVersion));
  const key = keyOfOwner(vault, found);
  const { methods: before, devices } = openContent(key, id, found.session.box);
  const methods = withMethod(before, method);
  const session: StoredSession = {
    ...found.session,
    ...{ aal: assuranceOf(methods), authenticatedAt: now },
    box: sealContent(key, id, { methods, devices }),
  };
  const isWritten = await tx.sessions.changeContent({
    ...{ session, from: found.session.box, wrappedKey: owner.wrappedKey },
    ...markOf(deps, context, vault, { poolId, what: 'authenticate' }),
  });
  // Something was added, the key turned or the session ended in between.
  if (!isWritten) return tryAgain();
  return viewSession(key, { session, owner }, now);
}
