import { company, newEmail, person } from './kyc.ts';
import type { FixtureTable, RouteFixture } from './matrix.ts';

const ONE = '/identities/{id}';
const LINK = '/identities/{identityId}/documents/{id}/presign-url';
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
  [`DELETE ${ONE}`]: { valid: async ({ makers }) => ({ path: { id: await makers.kycIdentity() } }), refers },
};
