import type { Deps } from '../../core/deps.ts';
import { type BatchOutcome, createIamIdentities } from '../../core/iam/create-identities.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { errorBody } from './errors.ts';
import { readBatch } from './read-batch.ts';

/** Many identities in one request (contract iam 4.1, "Batch PATCH"). */
export function identityBatchHandlers(deps: Deps) {
  return {
    async batchPatchIdentities(request: GuardedRequest) {
      const items = readBatch(request.body, deps.clock.now());
      const inputs = items.map(({ create }) => create);
      const outcomes = await createIamIdentities(deps, request.context, inputs);
      return { identities: items.map(({ patchId }, index) => show(outcomes[index] ?? null, patchId)) };
    },
  };
}

function show(outcome: BatchOutcome, patchId: string | null) {
  if (outcome === null) return null;
  const named = patchId === null ? {} : { patch_id: patchId };
  return 'id' in outcome
    ? { action: 'create' as const, identity: outcome.id, ...named }
    : { action: 'error' as const, ...named, error: errorBody(outcome.error) };
}
