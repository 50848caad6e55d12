import type { Deps } from '../../core/deps.ts';
import { InvalidInput } from '../../core/errors.ts';
import { createRelation, deleteRelation, findRelation, type Relation } from '../../core/kyc/relations.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { BodyReader } from './body-reader.ts';
import { requireNoQuery, uuidOf } from './requests.ts';

const NAMES = ['fromIdentity', 'toIdentity', 'label'];

/** Handlers of relations between identities (contract kyc 3.10). */
export function relationHandlers(deps: Deps) {
  return {
    async createRelation(request: GuardedRequest) {
      requireNoQuery(request);
      const input = readRelation(request.body);
      return { data: showRelation(await createRelation(deps, request.context, input)) };
    },

    async getRelation(request: GuardedRequest) {
      return { data: showRelation(await findRelation(deps, request.principal, uuidOf(request))) };
    },

    async deleteRelation(request: GuardedRequest) {
      await deleteRelation(deps, request.context, uuidOf(request));
      return {};
    },
  };
}

/** @throws InvalidInput Everything that is wrong with the body, at once. */
function readRelation(body: unknown): Parameters<typeof createRelation>[2] {
  const reader = new BodyReader(body as Record<string, unknown>, NAMES);
  reader.require(...NAMES);
  const [from, to, label] = [reader.uuid('fromIdentity'), reader.uuid('toIdentity'), reader.text('label')];
  if (from && from === to) reader.refuse('toIdentity', 'format', 'must be another identity');
  if (!from || !to || !label || reader.problems.length > 0) throw new InvalidInput(reader.problems);
  return { from: from as IdentityId, to: to as IdentityId, label };
}

function showRelation({ id, from, to, label, createdAt }: Relation) {
  return { id, fromIdentity: from, toIdentity: to, label, createdAt: createdAt.toISOString() };
}
