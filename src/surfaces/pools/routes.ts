import Type from 'typebox';
import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { identityHandlers } from './identities.ts';
import type { organisationHandlers } from './organisation.ts';
import * as wire from './wire.ts';

export interface Handlers {
  readonly organisation: ReturnType<typeof organisationHandlers>;
  readonly identities: ReturnType<typeof identityHandlers>;
  readonly runBulk: (
    request: Parameters<ReturnType<typeof organisationHandlers>['getPool']>[0],
  ) => Promise<unknown>;
}

const BASE = '/api/v1';
const reading = { guard: keyGuard('identities:read'), reads: 'none' } as const;
const writing = { guard: keyGuard('identities:write'), reads: 'json' } as const;
const removing = { guard: keyGuard('identities:write'), reads: 'none' } as const;
// Reading what lies above a pool needs no more than a key; changing it needs the account.
const looking = { guard: keyGuard(null), reads: 'none' } as const;
const arranging = { guard: keyGuard('account'), reads: 'json' } as const;
const dismantling = { guard: keyGuard('account'), reads: 'none' } as const;

const lookUp = ['not_found', 'unexpected_ref_type', 'invalid_value'] as const;
const change = [...lookUp, 'bad_request', 'required_value', 'invalid_action'] as const;
const path = (name: string) => Type.Object({ [name]: wire.Id });
const list = (of: string) => Type.Object({ [of]: wire.Id, ...wire.ListQuery });
const optional = <Schema extends Type.TSchema>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** Every route of the surface (contract pools 3). */
export function routesOf({ organisation: o, identities: i, runBulk }: Handlers): Route[] {
  const key = { idempotency_key: wire.IdempotencyKey };
  const factors = Type.Array(wire.FactorInput);
  const definitions = Type.Array(wire.FactorDefinitionInput);
  const opaque = {
    methods: optional(Type.Array(Type.Unknown())),
    plans: optional(Type.Array(Type.Unknown())),
  };
  const account = wire.detailsReply(wire.Account);
  const domain = wire.detailsReply(wire.Domain);
  const ruleset = wire.detailsReply(wire.Ruleset);
  const pool = wire.detailsReply(wire.Pool);
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: `${BASE}/account`, operation: 'getOwnAccount', summary: 'Fetch the account of the key', ...looking, reply: account, errors: ['not_found'], handler: o.getOwnAccount }),
    defineRoute({ method: 'GET', path: `${BASE}/account/:account_id`, operation: 'getAccount', summary: 'Fetch an account', ...looking, params: path('account_id'), reply: account, errors: lookUp, handler: o.getAccount }),

    defineRoute({ method: 'GET', path: `${BASE}/domain`, operation: 'listDomains', summary: 'List the domains of an account', ...looking, query: list('account_id'), reply: wire.listReply(wire.Domain), errors: [...lookUp, 'required_value'], handler: o.listDomains }),
    defineRoute({ method: 'POST', path: `${BASE}/domain`, operation: 'createDomain', summary: 'Create a domain', ...arranging, body: wire.wrapped({ account_id: wire.Id, title: wire.Title }, key), reply: domain, errors: change, handler: o.createDomain }),
    defineRoute({ method: 'GET', path: `${BASE}/domain/:domain_id`, operation: 'getDomain', summary: 'Fetch a domain', ...looking, params: path('domain_id'), reply: domain, errors: lookUp, handler: o.getDomain }),
    defineRoute({ method: 'PUT', path: `${BASE}/domain/:domain_id`, operation: 'updateDomain', summary: 'Update a domain', ...arranging, params: path('domain_id'), body: wire.wrapped({ title: optional(wire.Title) }), reply: domain, errors: change, handler: o.updateDomain }),
    defineRoute({ method: 'DELETE', path: `${BASE}/domain/:domain_id`, operation: 'deleteDomain', summary: 'Delete a domain', ...dismantling, params: path('domain_id'), reply: domain, errors: [...lookUp, 'invalid_action'], handler: o.deleteDomain }),

    defineRoute({ method: 'GET', path: `${BASE}/ruleset`, operation: 'listRulesets', summary: 'List the rulesets of a domain', ...looking, query: list('domain_id'), reply: wire.listReply(wire.Ruleset), errors: [...lookUp, 'required_value'], handler: o.listRulesets }),
    defineRoute({ method: 'POST', path: `${BASE}/ruleset`, operation: 'createRuleset', summary: 'Create a ruleset', ...arranging, body: wire.wrapped({ domain_id: wire.Id, title: wire.Title, factors: definitions, ...opaque }, key), reply: ruleset, errors: change, handler: o.createRuleset }),
    defineRoute({ method: 'GET', path: `${BASE}/ruleset/:ruleset_id`, operation: 'getRuleset', summary: 'Fetch a ruleset', ...looking, params: path('ruleset_id'), reply: ruleset, errors: lookUp, handler: o.getRuleset }),
    defineRoute({ method: 'PUT', path: `${BASE}/ruleset/:ruleset_id`, operation: 'updateRuleset', summary: 'Update a ruleset', ...arranging, params: path('ruleset_id'), body: wire.wrapped({ title: optional(wire.Title), factors: optional(definitions), ...opaque }), reply: ruleset, errors: change, handler: o.updateRuleset }),
    defineRoute({ method: 'DELETE', path: `${BASE}/ruleset/:ruleset_id`, operation: 'deleteRuleset', summary: 'Delete a ruleset that no pool uses', ...dismantling, params: path('ruleset_id'), reply: ruleset, errors: [...lookUp, 'invalid_action'], handler: o.deleteRuleset }),

    defineRoute({ method: 'GET', path: `${BASE}/pool`, operation: 'listPools', summary: 'List the pools of a domain', ...looking, query: list('domain_id'), reply: wire.listReply(wire.Pool), errors: [...lookUp, 'required_value'], handler: o.listPools }),
    defineRoute({ method: 'POST', path: `${BASE}/pool`, operation: 'createPool', summary: 'Create a pool', ...arranging, body: wire.wrapped({ domain_id: wire.Id, ruleset_id: wire.Id, title: wire.Title }, key), reply: pool, errors: change, handler: o.createPool }),
    defineRoute({ method: 'GET', path: `${BASE}/pool/:pool_id`, operation: 'getPool', summary: 'Fetch a pool', ...looking, params: path('pool_id'), reply: pool, errors: lookUp, handler: o.getPool }),
    defineRoute({ method: 'PUT', path: `${BASE}/pool/:pool_id`, operation: 'updatePool', summary: 'Update a pool', ...arranging, params: path('pool_id'), body: wire.wrapped({ title: optional(wire.Title), ruleset_id: optional(wire.Id) }), reply: pool, errors: change, handler: o.updatePool }),
    defineRoute({ method: 'DELETE', path: `${BASE}/pool/:pool_id`, operation: 'deletePool', summary: 'Delete a pool', ...dismantling, params: path('pool_id'), reply: pool, errors: [...lookUp, 'invalid_action'], handler: o.deletePool }),

    defineRoute({ method: 'GET', path: `${BASE}/identity`, operation: 'listIdentities', summary: 'List the identities of a pool', ...reading, query: Type.Object({ pool_id: wire.Id, status: Type.Optional(wire.Status), ...wire.ListQuery }), reply: wire.IdentityListReply, errors: [...lookUp, 'required_value', 'not_implemented'], handler: i.listIdentities }),
    defineRoute({ method: 'POST', path: `${BASE}/identity`, operation: 'createIdentity', summary: 'Create an identity', ...writing, body: wire.wrapped({ pool_id: wire.Id, factors: Type.Optional(factors), metadata: Type.Optional(wire.Metadata) }, key), reply: wire.IdentityReply, errors: change, handler: i.createIdentity }),
    defineRoute({ method: 'GET', path: `${BASE}/identity/:identity_id`, operation: 'getIdentity', summary: 'Fetch an identity', ...reading, params: path('identity_id'), reply: wire.IdentityFetchReply, errors: lookUp, handler: i.getIdentity }),
    defineRoute({ method: 'PUT', path: `${BASE}/identity/:identity_id`, operation: 'updateIdentity', summary: 'Update an identity', ...writing, params: path('identity_id'), body: wire.wrapped({ factors: optional(factors), metadata: optional(wire.Metadata) }), reply: wire.IdentityReply, errors: change, handler: i.updateIdentity }),
    defineRoute({ method: 'DELETE', path: `${BASE}/identity/:identity_id`, operation: 'deleteIdentity', summary: 'Delete an identity', ...removing, params: path('identity_id'), reply: wire.IdentityReply, errors: [...lookUp, 'invalid_action'], handler: i.deleteIdentity }),
    defineRoute({ method: 'POST', path: `${BASE}/identity/:identity_id/interaction`, operation: 'recordInteraction', summary: 'Record an end-user interaction', guard: keyGuard('interaction'), reads: 'json-or-none', params: path('identity_id'), body: wire.wrapped(wire.InteractionInput), reply: wire.IdentityReply, errors: change, handler: i.recordInteraction }),

    defineRoute({ method: 'POST', path: `${BASE}/bulk`, operation: 'bulk', summary: 'Run several identity operations in order', guard: keyGuard(null), reads: 'json', body: wire.BulkInput, reply: wire.BulkReply, errors: ['bad_request', 'required_value', 'invalid_value'], handler: async (request) => (await runBulk(request)) as Type.Static<typeof wire.BulkReply> }),
  ];
}
