import type { Deps } from '../../core/deps.ts';
import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import { createIdentity } from '../../core/identities/create-identity.ts';
import { deleteIdentity } from '../../core/identities/delete-identity.ts';
import { getIdentity } from '../../core/identities/get-identity.ts';
import { listIdentities } from '../../core/identities/list-identities.ts';
import { readFactors, readMetadata } from '../../core/identities/read-input.ts';
import { recordInteraction } from '../../core/identities/record-interaction.ts';
import { updateIdentity } from '../../core/identities/update-identity.ts';
import type { IdentityView } from '../../core/identities/view.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { readInteraction } from './interaction.ts';
import { pageReply, readPaging } from './paging.ts';
import { readReference, requireReference } from './references.ts';
import { readIdempotency, withDetails } from './request-body.ts';
import { detailsOf, type SnapshotUnknown, showIdentity, showSummary } from './show.ts';

const SORT_FIELDS = ['id', 'last_seen', 'status', 'title'] as const;

export interface IdentityHandlerOptions {
  readonly snapshotUnknown: SnapshotUnknown;
  /** Lower-case name of the header in which a trusted proxy reports the JA4 fingerprint. */
  readonly ja4Header: string;
}

/** The part of a request that these handlers read; bulk items have it too. */
export type IdentityRequest = Pick<
  GuardedRequest,
  'principal' | 'context' | 'params' | 'query' | 'body' | 'headers' | 'clientAddress' | 'fromTrustedProxy'
>;

/** Handlers of identities (contract pools 3.4 and 5). Each: read, call, show. */
export function identityHandlers(deps: Deps, { snapshotUnknown, ja4Header }: IdentityHandlerOptions) {
  const show = (view: IdentityView) => detailsOf(showIdentity(view, snapshotUnknown));
  const identity = ({ principal, params }: IdentityRequest) =>
    requireReference(principal, 'identity', params.identity_id, 'identity_id');

  return {
    async listIdentities({ principal, query }: IdentityRequest) {
      const poolId = requireReference(principal, 'pool', query.pool_id, 'pool_id');
      const problems: FieldProblem[] = [];
      const { status } = query;
      const filter = status === 'extant' || status === 'deleted' ? status : null;
      if (status !== undefined && filter === null) {
        problems.push({ path: ['status'], code: 'invalid', message: 'A status is extant or deleted.' });
      }
      const paging = readPaging(query, SORT_FIELDS, problems);
      const page = await listIdentities(deps, principal, { poolId, status: filter, ...paging });
      return pageReply(page, paging, (view) => showSummary(view, snapshotUnknown));
    },

    createIdentity: (request: IdentityRequest) =>
      withDetails(request.body, async (details) => {
        const { principal, context } = request;
        const problems: FieldProblem[] = [];
        const poolId = readReference(principal, 'pool', details.pool_id, ['pool_id'], problems);
        const { factors, metadata } = details;
        if (poolId === null) {
          if (factors !== undefined) problems.push(...readFactors(factors, null).problems);
          if (metadata !== undefined) problems.push(...readMetadata(metadata).problems);
          throw new InvalidInput(problems);
        }
        const render = (view: IdentityView) => JSON.stringify(show(view));
        const idempotency = readIdempotency(request, 'identity.create', render);
        const outcome = await createIdentity(deps, context, { poolId, factors, metadata }, idempotency);
        return 'made' in outcome
          ? show(outcome.made)
          : (JSON.parse(outcome.replay) as ReturnType<typeof show>);
      }),

    async getIdentity(request: IdentityRequest) {
      const { principal } = request;
      const found = await getIdentity(deps, principal, identity(request));
      const mayWrite = found.isOpen && principal.grants.has('identities:write');
      return { ...show(found.identity), actions: { update: mayWrite, delete: mayWrite } };
    },

    updateIdentity: (request: IdentityRequest) =>
      withDetails(request.body, async ({ factors, metadata }) =>
        show(
          await updateIdentity(deps, request.context, { identityId: identity(request), factors, metadata }),
        ),
      ),

    deleteIdentity: async (request: IdentityRequest) =>
      show(await deleteIdentity(deps, request.context, { identityId: identity(request) })),

    recordInteraction: (request: IdentityRequest) =>
      withDetails(request.body, async (details) => {
        const read = () => readInteraction(request, details, { now: deps.clock.now(), ja4Header });
        return show(await recordInteraction(deps, request.context, { identityId: identity(request), read }));
      }),
  };
}
