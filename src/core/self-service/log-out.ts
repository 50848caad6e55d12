import type { Deps } from '../deps.ts';
import { NotPermitted } from '../errors.ts';
import type { ActingContext } from '../ports.ts';
import { revokeSession } from '../sessions/end-sessions.ts';
import { findSessionByLogoutToken, findSessionByToken } from '../sessions/find-session.ts';
import type { SessionView } from '../sessions/view.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'secrets' | 'sessions' | 'vault'>;

/**
 * Signs a browser out. Nothing happens where nobody is signed in.
 *
 * @param input.current Whose browser asks.
 * @throws NotPermitted The token is of another session: whoever planted the link must not sign somebody out.
 * @see Contract iam 6.1, logout.
 */
export async function logOutBrowser(
  deps: Needs,
  context: ActingContext,
  { current, logoutToken }: { readonly current: SessionView | null; readonly logoutToken: string },
): Promise<void> {
  if (current === null) return;
  const session = await findSessionByLogoutToken(deps, context.principal.poolId, logoutToken);
  if (session?.id !== current.id)
    throw new NotPermitted(undefined, 'The logout token does not match the session of this browser.');
  await revokeSession(deps, context, session.id);
}

/**
 * Signs a native client out; again is as good as once.
 * @throws NotPermitted Nobody has such a token.
 * @see Contract iam 6.1, logout/api.
 */
export async function logOutNative(deps: Needs, context: ActingContext, sessionToken: string): Promise<void> {
  const session = await findSessionByToken(deps, context.principal.poolId, sessionToken);
  if (session === null) throw new NotPermitted(undefined, 'No session has the token that was sent.');
  await revokeSession(deps, context, session.id);
}
