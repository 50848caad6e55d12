import type { Static } from 'typebox';
import Type from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { type FieldProblem, InternalFault, NotFound } from '../../core/errors.ts';
import type { IdentityId } from '../../core/ports.ts';
import { linkIdentities, unlinkIdentities } from '../../core/verification/link-identities.ts';
import {
  isSystemType,
  listRelationships,
  metadataOf,
  RELATIONSHIP_TYPES,
  type Relationship,
  type RelationshipType,
} from '../../core/verification/relationships.ts';
import { defineRoute, type GuardedRequest, keyGuard, type Route, replyWith } from '../../http/route.ts';
import { parseTagged, toTagged } from '../../kit/ids.ts';
import { type BodyReader, createBodyReader } from './body-reader.ts';
import { bodyOf, idempotently, identityIdOf, inVersion, queryOf, readWindow, refuse } from './requests.ts';
import { Reference } from './wire.ts';
import * as wire from './wire-relationships.ts';
import { Deleted } from './wire-types.ts';

const PAGE = 25;
const METADATA_BYTES_MAX = 8 * 1024;

type Shown = Static<typeof wire.Relationship>;

function show(relationship: Relationship, metadata: { readonly [key: string]: unknown }): Shown {
  const { id, identityId, relatedId, type, createdAt } = relationship;
  return {
    id: toTagged(id, 'rel'),
    identity_id: toTagged(identityId, 'idn'),
    related_identity_id: toTagged(relatedId, 'idn'),
    relationship_type: type,
    is_system: isSystemType(type),
    metadata: { ...metadata },
    created_at: createdAt.toISOString(),
  };
}

function requireMadeByCallers(type: string | undefined, problems: BodyReader['problems']): void {
  if (type === undefined || type === 'user_linked') return;
  const isKnown = RELATIONSHIP_TYPES.some((known) => known === type);
  const message = isKnown ? 'follows from data and is not made by callers' : 'must be user_linked';
  problems.push({ path: ['relationship_type'], code: 'invalid', message });
}

/** Handlers of relationships (contract verification 3.10). */
export function relationshipHandlers(deps: Deps) {
  const referenceOf = ({ params }: GuardedRequest): string => params.identity_id ?? '';

  return {
    async listRelationships(request: GuardedRequest) {
      const problems: FieldProblem[] = [];
      const text = queryOf(request, 'type');
      const type = RELATIONSHIP_TYPES.find((known) => known === text) ?? null;
      if (text !== undefined && type === null) {
        const message = `must be one of ${RELATIONSHIP_TYPES.join(', ')}`;
        problems.push({ path: ['type'], code: 'invalid', message });
      }
      const window = readWindow(request, PAGE, problems);
      refuse(problems);
      const input = { reference: referenceOf(request), type, ...window };
      const { items, total } = await listRelationships(deps, request.principal, input);
      const data = items.map(({ metadata, ...one }) => show(one, metadata));
      return inVersion(request, 'listRelationships', { data, pagination: { total, ...window } });
    },

    async createRelationship(request: GuardedRequest) {
      const reply = await idempotently(deps, request, 'createRelationship', {
        run: async (idempotency) => {
          const reader = createBodyReader(bodyOf(request, 'createRelationship'), deps.clock.now());
          const related = reader.required('related_identity_id', reader.text('related_identity_id', 255), '');
          const type = reader.required(
            'relationship_type',
            reader.text('relationship_type', 64),
            'user_linked',
          );
          requireMadeByCallers(type, reader.problems);
          const metadata = reader.map('metadata') ?? {};
          if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES_MAX) {
            const message = `must be at most ${METADATA_BYTES_MAX} bytes as JSON`;
            reader.problems.push({ path: ['metadata'], code: 'invalid', message });
          }
          refuse(reader.problems);
          const input = { reference: referenceOf(request), related, metadata };
          return linkIdentities(deps, request.context, input, idempotency);
        },
        // Metadata are of two people and a kept reply is sealed for one: they are read from where both seal them.
        answer: (made: Relationship) => ({ status: 201, body: show(made, {}) }),
      });
      return replyWith(await withMetadata(request, reply.value), {
        ...(reply.status === undefined ? {} : { status: reply.status }),
        ...(reply.headers === undefined ? {} : { headers: reply.headers }),
      });
    },

    async deleteRelationship(request: GuardedRequest) {
      const relationshipId = parseTagged(request.params.relationship_id ?? '', 'rel');
      if (relationshipId === null) throw new NotFound();
      await unlinkIdentities(deps, request.context, { reference: referenceOf(request), relationshipId });
      return inVersion(request, 'deleteRelationship', { deleted: true });
    },
  };

  async function withMetadata({ principal: { poolId } }: GuardedRequest, shown: Shown): Promise<Shown> {
    const [id, relatedId] = [shown.identity_id, shown.related_identity_id].map(identityIdOf);
    const relationshipId = parseTagged(shown.id, 'rel');
    if (id == null || relatedId == null || relationshipId === null) throw new InternalFault('no id');
    const type = shown.relationship_type as RelationshipType;
    const one = { id: relationshipId, type, relatedId: relatedId as IdentityId };
    const metadata = await metadataOf(deps, { poolId, id }, [one]);
    return { ...shown, metadata: { ...metadata.get(relationshipId) } };
  }
}

const PATH = '/api/v1/identities/:identity_id/relationships';
const params = Type.Object({ identity_id: Reference });
const ListQuery = Type.Object({
  type: Type.Optional(Type.Union(RELATIONSHIP_TYPES.map((type) => Type.Literal(type)))),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: PAGE })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
});
const refused = ['not_found', 'validation_error'] as const;

/** Routes of relationships (contract verification 3.10). */
export function relationshipRoutes(deps: Deps): Route[] {
  const r = relationshipHandlers(deps);
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: PATH, operation: 'listRelationships', summary: 'List the relationships of an identity', guard: keyGuard('identities:read'), reads: 'none', params, query: ListQuery, reply: wire.RelationshipList, errors: refused, handler: r.listRelationships }),
    defineRoute({ method: 'POST', path: PATH, operation: 'createRelationship', summary: 'Link two identities', guard: keyGuard('identities:write'), reads: 'json', params, body: wire.RelationshipInput, status: 201, reply: wire.Relationship, errors: [...refused, 'idempotency_mismatch'], handler: r.createRelationship }),
    defineRoute({ method: 'DELETE', path: `${PATH}/:relationship_id`, operation: 'deleteRelationship', summary: 'Remove a link between two identities', guard: keyGuard('identities:write'), reads: 'none', params: Type.Object({ identity_id: Reference, relationship_id: Type.String() }), reply: Deleted, errors: refused, handler: r.deleteRelationship }),
  ];
}
