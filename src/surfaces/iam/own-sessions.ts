import type { Deps } from '../../core/deps.ts';
import { recordWithoutCredentials } from '../../core/iam/own-record.ts';
import { issueToken } from '../../core/jwt/issue-token.ts';
import { requireAssuranceInPool } from '../../core/self-service/assured.ts';
import { revokeOtherSessions, revokeOwnSession } from '../../core/sessions/end-sessions.ts';
import { listOtherSessions } from '../../core/sessions/list-sessions.ts';
import type { OwnSession } from '../../core/sessions/view.ts';
import { replyWith, type SessionRequest } from '../../http/route.ts';
import { baseOfNamed, offsetHeaders, readOffsetWindow } from './offset-pages.ts';
import { sessionIdOf } from './read-session.ts';
import { listOf } from './requests.ts';
import { actingFor, type IamSession } from './session-guard.ts';
import { shownFrom } from './show.ts';
import { OWN_EYES, showOwnIdentity, showSession } from './show-session.ts';

/** Pages 0 and 1 are both the first (contract iam 1.4). */
const FIRST_PAGE = { firstPage: 1 };
const IDENTITY_HEADER = 'x-kratos-authenticated-identity-id';

type OwnRequest = SessionRequest<IamSession<OwnSession>>;

/** Handlers of what people do with their own sessions (contract iam 6.5). */
export function ownSessionHandlers(deps: Deps) {
  /** @throws AssuranceTooLow */
  const assured = async ({ session: { found } }: OwnRequest): Promise<OwnSession> => {
    await requireAssuranceInPool(deps, found, 'whoamiAal');
    return found;
  };
  return {
    async whoami(request: OwnRequest) {
      const { session, identity } = await assured(request);
      const record = await recordWithoutCredentials(deps, identity);
      const base = await deps.addresses.baseOf(session.poolId);
      const [template] = listOf(request, 'tokenize_as');
      const token = { template, issuer: base, session, record };
      const shown = showSession(session, {
        identity: shownFrom(base, record, OWN_EYES),
        withDevices: true,
        ...(template === undefined ? {} : { tokenized: await issueToken(deps, { ...token, template }) }),
      });
      return replyWith(shown, { headers: { [IDENTITY_HEADER]: session.identityId } });
    },

    async listOwnSessions(request: OwnRequest) {
      const { session, identity } = await assured(request);
      const window = readOffsetWindow(request, FIRST_PAGE);
      const { items, total } = await listOtherSessions(deps, session, window);
      const parts = { identity: await showOwnIdentity(deps, identity), withDevices: true };
      const headers = offsetHeaders(baseOfNamed(request), request, window, total, FIRST_PAGE);
      return replyWith(
        items.map((other) => showSession(other, parts)),
        { headers },
      );
    },

    async disableOtherSessions(request: OwnRequest) {
      const { session } = await assured(request);
      return { count: await revokeOtherSessions(deps, actingFor(request.context), session) };
    },

    async disableOwnSession(request: OwnRequest) {
      const { session: current } = await assured(request);
      await revokeOwnSession(deps, actingFor(request.context), { current, id: sessionIdOf(request) });
      return {};
    },
  };
}
