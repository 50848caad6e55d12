import { company, newEmail, person } from './kyc.ts';
import type { FixtureTable, RouteFixture } from './matrix.ts';
import { REVIEW_FIXTURES } from './matrix-review.ts';

const ONE = '/identities/{id}';
const LINK = '/identities/{identityId}/documents/{id}/presign-url';
const refers: RouteFixture['refers'] = [{ in: 'path', name: 'id', type: 'kycIdentity' }];

const inBody = (...names: string[]): Pick<RouteFixture, 'refers' | 'replace'> => ({
  refers: names.map((name) => ({ in: 'body', name, type: 'kycIdentity' })),
  replace: (sent, { name }, id) => ({ ...sent, body: { ...(sent.body as object), [name]: id } }),
});

const only = (type: 'kycVerification' | 'kycRelation', code: string): RouteFixture['refers'] => [
  {
    ...{ in: 'path', name: 'id', type, missing: { status: 404, code } },
    bad: [
      { status: 400, code: 'validation_failed' },
      { status: 404, code },
    ],
  },
];

/** A live key finds no such route at all, so that whose identity it names is seen in tests of its own. */
const simulated: RouteFixture = {
  valid: async ({ sandbox, keys: { sandbox: key } }) => ({
    ...{ key, path: {}, body: { identityId: await sandbox.kycIdentity() } },
  }),
  refers: [],
};

/** Fixtures of the kyc surface, by method and path as its OpenAPI document writes them. */
export const KYC_FIXTURES: FixtureTable = {
  ...REVIEW_FIXTURES,
  'POST /identities': {
    valid: async ({ own }) => ({ path: {}, body: company(own.kycIdentity) }),
    refers: [
      {
        ...{ in: 'body', name: 'identityOwner', type: 'kycIdentity' },
        missing: { status: 404, code: 'identity_owner_not_found' },
        bad: [
          { status: 400, code: 'validation_failed' },
          { status: 404, code: 'identity_owner_not_found' },
        ],
      },
    ],
    replace: (sent, { name }, id) => ({ ...sent, body: { ...(sent.body as object), [name]: id } }),
  },
  'GET /identities': {
    valid: async () => ({
      path: {},
      query: { 'filter[type]': 'person', sort: '-updatedAt', 'page[size]': '2' },
    }),
    refers: [],
  },
  [`GET ${ONE}`]: { valid: async ({ own }) => ({ path: { id: own.kycIdentity } }), refers },
  [`PATCH ${ONE}`]: {
    valid: async ({ makers }) => {
      const { type: _type, ...body } = person({ email: newEmail() });
      return { path: { id: await makers.kycIdentity() }, body };
    },
    refers,
  },
  'POST /presign-url': { valid: async () => ({ path: {}, body: { filename: 'a.png' } }), refers: [] },
  [`GET ${LINK}`]: {
    valid: async ({ own }) => ({ path: { identityId: own.kycIdentity, id: own.kycDocument } }),
    refers: [
      { in: 'path', name: 'identityId', type: 'kycIdentity' },
      {
        ...{ in: 'path', name: 'id', type: 'kycDocument' },
        missing: { status: 404, code: 'document_not_found' },
        unreached: { status: 404, code: 'identity_not_found' },
        bad: [
          { status: 400, code: 'validation_failed' },
          { status: 404, code: 'document_not_found' },
        ],
      },
    ],
  },
  [`GET ${ONE}/operations`]: { valid: async ({ own }) => ({ path: { id: own.kycIdentity } }), refers },
  // Only a simulation makes an operation active without a look at documents.
  'POST /operations/validate': {
    async valid({ sandbox, server, keys: { sandbox: key } }) {
      const identityId = await sandbox.kycIdentity();
      const reply = await server.call('POST', '/sandbox/identities/approve', { key, body: { identityId } });
      if (reply.status !== 200) throw new Error(reply.text);
      return { key, path: {}, body: { identityId, code: 'deposit:wire', action: 'create' } };
    },
    ...inBody('identityId'),
  },
  'POST /operations/activate': {
    valid: async ({ makers }) => ({
      path: {},
      body: { identityId: await makers.kycIdentity(), code: 'deposit:wire' },
    }),
    ...inBody('identityId'),
  },
  'GET /verifications': { valid: async () => ({ path: {}, query: { 'page[size]': '2' } }), refers: [] },
  'GET /verifications/{id}': {
    valid: async ({ own }) => ({ path: { id: own.kycVerification } }),
    refers: only('kycVerification', 'verification_not_found'),
  },
  'GET /verifications/identity/{id}': {
    valid: async ({ own }) => ({ path: { id: own.kycIdentity } }),
    refers,
  },
  'POST /identity-relations': {
    valid: async ({ makers }) => ({
      path: {},
      body: {
        ...{ fromIdentity: await makers.kycIdentity(), toIdentity: await makers.kycIdentity() },
        label: 'director',
      },
    }),
    ...inBody('fromIdentity', 'toIdentity'),
  },
  'GET /identity-relations/{id}': {
    valid: async ({ own }) => ({ path: { id: own.kycRelation } }),
    refers: only('kycRelation', 'relation_not_found'),
  },
  'DELETE /identity-relations/{id}': {
    valid: async ({ makers }) => ({ path: { id: await makers.kycRelation(await makers.kycIdentity()) } }),
    refers: only('kycRelation', 'relation_not_found'),
  },
  'POST /sandbox/identities/approve': simulated,
  'POST /sandbox/identities/reject': simulated,
  [`DELETE ${ONE}`]: { valid: async ({ makers }) => ({ path: { id: await makers.kycIdentity() } }), refers },
};
