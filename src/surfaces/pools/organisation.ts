import type { Deps } from '../../core/deps.ts';
import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import {
  createDomain,
  deleteDomain,
  getAccount,
  getDomain,
  listDomains,
  updateDomain,
} from '../../core/pools/domains.ts';
import { createIdempotently } from '../../core/pools/idempotent-create.ts';
import { createPool, deletePool, getPool, listPools, updatePool } from '../../core/pools/pools.ts';
import { readFactorDefinitions, readOpaqueList, readTitle } from '../../core/pools/read-input.ts';
import {
  createRuleset,
  deleteRuleset,
  getRuleset,
  listRulesets,
  updateRuleset,
} from '../../core/pools/rulesets.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { pageReply, readPaging } from './paging.ts';
import { readReference, requireReference } from './references.ts';
import { type Details, readIdempotency, withDetails } from './request-body.ts';
import { detailsOf, showAccount, showDomain, showPool, showRuleset } from './show.ts';

const SORT_FIELDS = ['id', 'status', 'title'] as const;

function rulesetFields({ title, factors, methods, plans }: Details) {
  return { title, factors, methods, plans };
}

function rulesetProblems(details: Details): FieldProblem[] {
  return [
    readTitle(details.title, true),
    readFactorDefinitions(details.factors, true),
    readOpaqueList('methods', details.methods),
    readOpaqueList('plans', details.plans),
  ].flatMap((read) => read.problems);
}

/** Handlers of accounts, domains, rulesets and pools (contract pools 3.1 to 3.3). Each: read, call, show. */
export function organisationHandlers(deps: Deps) {
  const account = ({ principal, params }: GuardedRequest) =>
    requireReference(principal, 'account', params.account_id, 'account_id');
  const domain = ({ principal, params }: GuardedRequest) =>
    requireReference(principal, 'domain', params.domain_id, 'domain_id');
  const ruleset = ({ principal, params }: GuardedRequest) =>
    requireReference(principal, 'ruleset', params.ruleset_id, 'ruleset_id');
  const pool = ({ principal, params }: GuardedRequest) =>
    requireReference(principal, 'pool', params.pool_id, 'pool_id');

  /** A create under its idempotency key, if it has one; its reply is what is kept. */
  const create = async <Made, Shown>(
    request: GuardedRequest,
    operation: string,
    show: (made: Made) => Shown,
    work: (deps: Deps, details: Details) => Promise<Made>,
  ): Promise<{ status: 'success'; details: Shown }> =>
    withDetails(request.body, async (details) => {
      const idempotency = readIdempotency(request, operation, (made: Made) =>
        JSON.stringify(detailsOf(show(made))),
      );
      const outcome = await createIdempotently(deps, request.context, idempotency, (organisation) =>
        work({ ...deps, organisation }, details),
      );
      return 'made' in outcome ? detailsOf(show(outcome.made)) : JSON.parse(outcome.replay);
    });

  return {
    getOwnAccount: async ({ principal }: GuardedRequest) =>
      detailsOf(showAccount(await getAccount(deps, principal, principal.accountId))),
    getAccount: async (request: GuardedRequest) =>
      detailsOf(showAccount(await getAccount(deps, request.principal, account(request)))),

    async listDomains({ principal, query }: GuardedRequest) {
      const accountId = requireReference(principal, 'account', query.account_id, 'account_id');
      const paging = readPaging(query, SORT_FIELDS);
      const page = await listDomains(deps, principal, { accountId, ...paging });
      return pageReply(page, paging, (item) => showDomain(principal, item));
    },
    createDomain: (request: GuardedRequest) =>
      create(
        request,
        'domain.create',
        (made: Awaited<ReturnType<typeof createDomain>>) => showDomain(request.principal, made),
        async (within, details) => {
          const problems: FieldProblem[] = [];
          const accountId = readReference(
            request.principal,
            'account',
            details.account_id,
            ['account_id'],
            problems,
          );
          if (accountId === null)
            throw new InvalidInput([...problems, ...readTitle(details.title, true).problems]);
          return createDomain(within, request.context, { accountId, title: details.title });
        },
      ),
    getDomain: async (request: GuardedRequest) =>
      detailsOf(showDomain(request.principal, await getDomain(deps, request.principal, domain(request)))),
    updateDomain: (request: GuardedRequest) =>
      withDetails(request.body, async ({ title }) => {
        const updated = await updateDomain(deps, request.context, { domainId: domain(request), title });
        return detailsOf(showDomain(request.principal, updated));
      }),
    deleteDomain: async (request: GuardedRequest) => {
      const deleted = await deleteDomain(deps, request.context, { domainId: domain(request) });
      return detailsOf(showDomain(request.principal, deleted));
    },

    async listRulesets({ principal, query }: GuardedRequest) {
      const domainId = requireReference(principal, 'domain', query.domain_id, 'domain_id');
      const paging = readPaging(query, SORT_FIELDS);
      const page = await listRulesets(deps, principal, { domainId, ...paging });
      return pageReply(page, paging, (item) => showRuleset(principal, item));
    },
    createRuleset: (request: GuardedRequest) =>
      create(
        request,
        'ruleset.create',
        (made: Awaited<ReturnType<typeof createRuleset>>) => showRuleset(request.principal, made),
        async (within, details) => {
          const problems: FieldProblem[] = [];
          const domainId = readReference(
            request.principal,
            'domain',
            details.domain_id,
            ['domain_id'],
            problems,
          );
          if (domainId === null) throw new InvalidInput([...problems, ...rulesetProblems(details)]);
          return createRuleset(within, request.context, { domainId, ...rulesetFields(details) });
        },
      ),
    getRuleset: async (request: GuardedRequest) =>
      detailsOf(showRuleset(request.principal, await getRuleset(deps, request.principal, ruleset(request)))),
    updateRuleset: (request: GuardedRequest) =>
      withDetails(request.body, async (details) => {
        const input = { rulesetId: ruleset(request), ...rulesetFields(details) };
        return detailsOf(showRuleset(request.principal, await updateRuleset(deps, request.context, input)));
      }),
    deleteRuleset: async (request: GuardedRequest) => {
      const deleted = await deleteRuleset(deps, request.context, { rulesetId: ruleset(request) });
      return detailsOf(showRuleset(request.principal, deleted));
    },

    async listPools({ principal, query }: GuardedRequest) {
      const domainId = requireReference(principal, 'domain', query.domain_id, 'domain_id');
      const paging = readPaging(query, SORT_FIELDS);
      const page = await listPools(deps, principal, { domainId, ...paging });
      return pageReply(page, paging, (item) => showPool(principal, item));
    },
    createPool: (request: GuardedRequest) =>
      create(
        request,
        'pool.create',
        (made: Awaited<ReturnType<typeof createPool>>) => showPool(request.principal, made),
        async (within, details) => {
          const { principal, context } = request;
          const problems: FieldProblem[] = [];
          const domainId = readReference(principal, 'domain', details.domain_id, ['domain_id'], problems);
          const rulesetId = readReference(principal, 'ruleset', details.ruleset_id, ['ruleset_id'], problems);
          if (domainId === null || rulesetId === null) {
            throw new InvalidInput([...problems, ...readTitle(details.title, true).problems]);
          }
          return createPool(within, context, { domainId, rulesetId, title: details.title });
        },
      ),
    getPool: async (request: GuardedRequest) =>
      detailsOf(showPool(request.principal, await getPool(deps, request.principal, pool(request)))),
    updatePool: (request: GuardedRequest) =>
      withDetails(request.body, async ({ title, ruleset_id: next }) => {
        const { principal, context } = request;
        const poolId = pool(request);
        const problems: FieldProblem[] = [];
        const isGiven = next !== undefined && next !== null;
        const rulesetId = isGiven
          ? readReference(principal, 'ruleset', next, ['ruleset_id'], problems)
          : null;
        if (problems.length > 0) throw new InvalidInput([...problems, ...readTitle(title, false).problems]);
        return detailsOf(showPool(principal, await updatePool(deps, context, { poolId, title, rulesetId })));
      }),
    deletePool: async (request: GuardedRequest) => {
      const deleted = await deletePool(deps, request.context, { poolId: pool(request) });
      return detailsOf(showPool(request.principal, deleted));
    },
  };
}
