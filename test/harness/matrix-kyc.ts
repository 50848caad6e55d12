import { company, newEmail, person } from './kyc.ts';
import type { FixtureTable, RouteFixture } from './matrix.ts';

const ONE = '/identities/{id}';
const refers: RouteFixture['refers'] = [{ in: 'path', name: 'id', type: 'kycIdentity' }];

/** Fixtures of the kyc surface, by method and path as its OpenAPI document writes them. */
export const KYC_FIXTURES: FixtureTable = {
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
  [`DELETE ${ONE}`]: { valid: async ({ makers }) => ({ path: { id: await makers.kycIdentity() } }), refers },
};
