import type { Deps } from '../../../core/deps.ts';
import { type FieldProblem, InvalidInput } from '../../../core/errors.ts';
import { isAssuredFor } from '../../../core/self-service/assured.ts';
import { offerOf } from '../../../core/self-service/begin-flow.ts';
import { exchangeToken } from '../../../core/self-service/token-exchange.ts';
import type { PoolRequest } from '../../../http/route.ts';
import { showOwnIdentity, showSession } from '../show-session.ts';
import { queryOf } from './read-submit.ts';

/** Handlers of native clients that let a browser sign their person in (contract iam 6.5). */
export function exchangeHandlers(deps: Deps) {
  return {
    async exchange(request: PoolRequest) {
      const { poolId } = request;
      const [initCode, returnCode] = ['init_code', 'return_to_code'].map((name) => queryOf(request, name));
      if (initCode === undefined || returnCode === undefined)
        throw new InvalidInput(missing({ init_code: initCode, return_to_code: returnCode }));
      const found = await exchangeToken(deps, { poolId, initCode, returnCode });
      const isEnough = isAssuredFor(found, await offerOf(deps, { poolId }), 'whoamiAal');
      // As a login has it: of whoever has a second factor to show nothing is told before.
      const identity = isEnough ? await showOwnIdentity(deps, found.identity) : null;
      return {
        session_token: found.token,
        session: showSession(found.session, { identity, withDevices: true }),
      };
    },
  };
}

function missing(sent: { readonly [name: string]: string | undefined }): FieldProblem[] {
  return Object.entries(sent)
    .filter(([, value]) => value === undefined)
    .map(([name]) => ({ path: [name], code: 'required', message: 'must be given' }));
}
