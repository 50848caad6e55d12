import type { Deps } from '../../../core/deps.ts';
import { offerOf } from '../../../core/self-service/begin-flow.ts';
import { createReturnToList } from '../../../core/self-service/return-to.ts';
import { type FlowHttpRequest, queryOf } from './read-submit.ts';

/**
 * Where a request's `return_to` leads.
 * @returns Null where it has none. @throws ReturnToForbidden
 */
export async function returnToOf(
  deps: Pick<Deps, 'configs' | 'selfService'>,
  request: Pick<FlowHttpRequest, 'query' | 'poolId' | 'publicBase'>,
): Promise<string | null> {
  const returnTo = queryOf(request, 'return_to');
  if (returnTo === undefined) return null;
  const { offered } = await offerOf(deps, request);
  return createReturnToList(offered.returnTo, request.publicBase).check(returnTo);
}
