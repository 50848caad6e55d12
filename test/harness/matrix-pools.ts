import { randomUUID } from 'node:crypto';
import { email, FACTORS, type FixtureTable, marker, type RouteFixture, type Sent } from './matrix.ts';

const BASE = '/api/v1';

const factors = () => [{ name: 'email', type: 'email', value: email() }];

/** Fixtures of the pools surface, by method and path as its OpenAPI document writes them. */
export const POOLS_FIXTURES: FixtureTable = {
  [`GET ${BASE}/account`]: { valid: async () => ({ path: {} }), refers: [] },
  [`GET ${BASE}/account/{account_id}`]: reading('account'),

  [`GET ${BASE}/domain`]: listing('account'),
  [`POST ${BASE}/domain`]: {
    valid: async ({ own }) => ({ path: {}, body: { details: { account_id: own.account, title: marker() } } }),
    refers: [{ in: 'body', name: 'account_id', type: 'account' }],
  },
  [`GET ${BASE}/domain/{domain_id}`]: reading('domain'),
  [`PUT ${BASE}/domain/{domain_id}`]: changing('domain', () => ({ title: marker() })),
  [`DELETE ${BASE}/domain/{domain_id}`]: removing('domain'),

  [`GET ${BASE}/ruleset`]: listing('domain'),
  [`POST ${BASE}/ruleset`]: {
    valid: async ({ own }) => ({
      path: {},
      body: { details: { domain_id: own.domain, title: marker(), factors: FACTORS } },
    }),
    refers: [{ in: 'body', name: 'domain_id', type: 'domain' }],
  },
  [`GET ${BASE}/ruleset/{ruleset_id}`]: reading('ruleset'),
  [`PUT ${BASE}/ruleset/{ruleset_id}`]: changing('ruleset', () => ({ title: marker() })),
  [`DELETE ${BASE}/ruleset/{ruleset_id}`]: removing('ruleset'),

  [`GET ${BASE}/pool`]: listing('domain'),
  [`POST ${BASE}/pool`]: {
    valid: async ({ own }) => ({
      path: {},
      body: { details: { domain_id: own.domain, ruleset_id: own.ruleset, title: marker() } },
    }),
    refers: [
      { in: 'body', name: 'domain_id', type: 'domain' },
      { in: 'body', name: 'ruleset_id', type: 'ruleset' },
    ],
  },
  [`GET ${BASE}/pool/{pool_id}`]: reading('pool'),
  [`PUT ${BASE}/pool/{pool_id}`]: {
    valid: async (world) => ({
      path: { pool_id: await world.make('pool') },
      body: { details: { title: marker(), ruleset_id: world.own.ruleset } },
    }),
    refers: [
      { in: 'path', name: 'pool_id', type: 'pool' },
      { in: 'body', name: 'ruleset_id', type: 'ruleset' },
    ],
  },
  [`DELETE ${BASE}/pool/{pool_id}`]: removing('pool'),

  [`GET ${BASE}/identity`]: listing('pool'),
  [`POST ${BASE}/identity`]: {
    valid: async ({ own }) => ({
      path: {},
      body: { details: { pool_id: own.pool, factors: factors(), metadata: { note: marker() } } },
    }),
    refers: [{ in: 'body', name: 'pool_id', type: 'pool' }],
  },
  [`GET ${BASE}/identity/{identity_id}`]: reading('identity'),
  [`PUT ${BASE}/identity/{identity_id}`]: changing('identity', () => ({
    factors: factors(),
    metadata: { note: marker() },
  })),
  [`DELETE ${BASE}/identity/{identity_id}`]: removing('identity'),
  [`POST ${BASE}/identity/{identity_id}/interaction`]: changing('identity', () => ({
    remote_ip: '203.0.113.7',
    user_agent: marker(),
  })),

  [`POST ${BASE}/bulk`]: {
    valid: async (world) => bulkOf({ identity_id: await world.make('identity'), details: { metadata: {} } }),
    // The first item's; a bulk succeeds, and the item's own answer stands among its outputs.
    refers: [{ in: 'body', name: 'identity_id', type: 'identity' }],
    replace: (_sent, { name }, id) => bulkOf({ [name]: id, details: { metadata: {} } }),
    unwrap({ status, body }) {
      const [output] = Object.values<{ status: string; code?: string }>(body?.outputs ?? {});
      if (output?.code === undefined) return { status, body: output ?? body };
      return { status: BULK_STATUS[output.code] ?? status, body: output };
    },
  },
};

/** What an item's answer would have had for a status on its own. */
const BULK_STATUS: Readonly<Record<string, number>> = {
  not_permitted: 403,
  not_found: 404,
  unexpected_ref_type: 422,
  invalid_value: 422,
  required_value: 422,
};

function bulkOf(item: Record<string, unknown>): Sent {
  return {
    path: {},
    body: { items: [{ _type: 'identities/update', idempotency_key: randomUUID(), ...item }] },
  };
}

type Named = 'account' | 'domain' | 'ruleset' | 'pool' | 'identity';

function reading(type: Named): RouteFixture {
  const name = `${type}_id`;
  return {
    valid: async ({ own }) => ({ path: { [name]: own[type] } }),
    refers: [{ in: 'path', name, type }],
  };
}

function listing(within: Named): RouteFixture {
  const name = `${within}_id`;
  return {
    valid: async ({ own }) => ({ path: {}, query: { [name]: own[within] } }),
    refers: [{ in: 'query', name, type: within }],
  };
}

function changing(type: Exclude<Named, 'account'>, details: () => Record<string, unknown>): RouteFixture {
  const name = `${type}_id`;
  return {
    valid: async (world) => ({ path: { [name]: await world.make(type) }, body: { details: details() } }),
    refers: [{ in: 'path', name, type }],
  };
}

function removing(type: Exclude<Named, 'account'>): RouteFixture {
  const name = `${type}_id`;
  return {
    valid: async (world) => ({ path: { [name]: await world.make(type) } }),
    refers: [{ in: 'path', name, type }],
  };
}
