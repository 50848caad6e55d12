import type { Deps } from '../../core/deps.ts';
import { InvalidInput } from '../../core/errors.ts';
import type { OperationAction } from '../../core/kyc/operations.ts';
import { activateOperation, listOperations, validateOperation } from '../../core/kyc/use-operations.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { BodyReader } from './body-reader.ts';
import { idOf, requireNoQuery } from './requests.ts';

const ACTIONS = ['create', 'confirm', 'cancel'] as const satisfies readonly OperationAction[];

/** Handlers of operations (contract kyc 3.8, 3.10). */
export function operationHandlers(deps: Deps) {
  return {
    async listOperations(request: GuardedRequest) {
      return { data: await listOperations(deps, request.principal, idOf(request)) };
    },

    async validateOperation(request: GuardedRequest) {
      requireNoQuery(request);
      const reader = readerOf(request, ['action', 'code', 'identityId']);
      const action = reader.word('action', ACTIONS);
      const target = readTarget(reader);
      if (!action) throw new InvalidInput(reader.problems);
      await validateOperation(deps, request.principal, { ...target, action });
      return {};
    },

    async activateOperation(request: GuardedRequest) {
      requireNoQuery(request);
      const target = readTarget(readerOf(request, ['code', 'identityId']));
      await activateOperation(deps, request.context, target);
      return {};
    },
  };
}

function readerOf({ body }: GuardedRequest, names: readonly string[]): BodyReader {
  const reader = new BodyReader(body as Record<string, unknown>, names);
  reader.require(...names);
  return reader;
}

/** @throws InvalidInput Everything that is wrong with the body, at once. */
function readTarget(reader: BodyReader): { code: string; identityId: IdentityId } {
  const [code, identityId] = [reader.text('code'), reader.uuid('identityId')];
  if (!code || !identityId || reader.problems.length > 0) throw new InvalidInput(reader.problems);
  return { code, identityId: identityId as IdentityId };
}
