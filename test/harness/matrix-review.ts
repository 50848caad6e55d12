import type { FixtureTable, RouteFixture, World } from './matrix.ts';

const CASE = '/review/{verificationId}';
const IDENTITY = '/review/identities/{id}';
const code = 'verification_not_found';

const ofCase: RouteFixture['refers'] = [
  {
    ...{ in: 'path', name: 'verificationId', type: 'kycVerification', missing: { status: 404, code } },
    bad: [
      { status: 400, code: 'validation_failed' },
      { status: 404, code },
    ],
  },
];

/** A case that waits for a person. */
async function waiting({ makers, server }: World) {
  const verificationId = await makers.kycVerification(await makers.kycIdentity());
  await server.runJob('kyc');
  return { path: { verificationId }, body: {} };
}

const blocking: RouteFixture = {
  valid: async ({ makers }) => ({ path: { id: await makers.kycIdentity() } }),
  refers: [{ in: 'path', name: 'id', type: 'kycIdentity' }],
};

/** Fixtures of the review queue, a part of the kyc surface. */
export const REVIEW_FIXTURES: FixtureTable = {
  'GET /review': { valid: async () => ({ path: {}, query: { 'page[size]': '2' } }), refers: [] },
  [`GET ${CASE}`]: {
    valid: async ({ own }) => ({ path: { verificationId: own.kycVerification } }),
    refers: ofCase,
  },
  [`POST ${CASE}/approve`]: { valid: waiting, refers: ofCase },
  [`POST ${CASE}/reject`]: { valid: waiting, refers: ofCase },
  [`POST ${IDENTITY}/block`]: blocking,
  [`POST ${IDENTITY}/unblock`]: blocking,
};
