import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GRANTS } from '../../src/core/grants.ts';
import type { PublishedRoute, SendChange, Sent, World } from '../harness/matrix.ts';
import { answerOf, createWorld, isInOrder } from '../harness/matrix.ts';
import { checkRefusal, checkReply, envelopeOf } from '../harness/matrix-checks.ts';

// Sessions of people in the place of keys: on the admin routes of iam, and nowhere else (contract iam 1.2).

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world[Symbol.asyncDispose]());

const UNKNOWN = `ory_st_${'a'.repeat(32)}`;
/** Whoever the makers make has a second factor. */
const BOTH_FACTORS = [
  { method: 'password', aal: 'aal1' },
  { method: 'totp', aal: 'aal2' },
] as const;
const COOKIES = ['ory_kratos_session', 'chx_auth_cookie'];

/** Somebody new who is signed in; with a key of these grants. */
async function tokenOf(grants: readonly string[] | null): Promise<string> {
  const identityId = await world.makers.iamIdentity();
  if (grants !== null) await world.server.createIdentityKey({ identityId, grants });
  return (await world.server.logIn({ identityId, methods: BOTH_FACTORS })).token;
}

/** The ways to send a session. */
function waysOf(token: string): readonly SendChange[] {
  return [{ key: token }, { key: null, headers: { 'x-session-token': token } }];
}

/** Each route at each of its addresses, with a call that would succeed and must change nothing. */
async function everyAddress(
  isMeant: (route: PublishedRoute) => boolean,
  cell: (route: PublishedRoute, sent: Sent) => Promise<void>,
): Promise<void> {
  const routes = world.routes.filter(isMeant);
  assert.ok(routes.length > 20);
  for (const route of routes) {
    const sent = await envelopeOf(route).fixtures[route.name]?.valid(world);
    assert.ok(sent !== undefined, `no fixture for ${route.name}`);
    const before = await world.changes();
    for (const path of [route.path, ...route.aliases]) {
      try {
        await cell({ ...route, path }, sent);
      } catch (error) {
        throw new Error(`${route.method} ${path}`, { cause: error });
      }
    }
    assert.equal(await world.changes(), before, `${route.name}: a refused call changed something`);
  }
}

const isIam = ({ surface }: PublishedRoute) => surface === 'iam';

test('every admin route of iam: 403 for a session without a key, 401 for an unknown token and for a cookie', async () => {
  const token = await tokenOf(null);
  const holder = await tokenOf(['all']);
  const { missingKey, badKey, notPermitted } = envelopeOf({ surface: 'iam' }).codes;
  await everyAddress(isIam, async (route, sent) => {
    const refused = async (change: SendChange, status: number, code: string) =>
      checkRefusal(route, await world.send(route, sent, change), {
        ...{ status, code, markers: [token, UNKNOWN, holder] },
      });
    for (const way of waysOf(token)) await refused(way, 403, notPermitted);
    for (const way of waysOf(UNKNOWN)) await refused(way, 401, badKey);
    for (const name of COOKIES)
      await refused({ key: null, headers: { cookie: `${name}=${holder}` } }, 401, missingKey);
  });
});

test('every admin route of iam: 403 for a session whose key has every grant but those that the route takes', async () => {
  const tokens = new Map<string, string>();
  for (const { grant, or } of world.routes.filter(isIam)) {
    const others = GRANTS.filter((one) => one !== grant && one !== or);
    const name = [grant, or].join();
    if (!tokens.has(name)) tokens.set(name, await tokenOf(others));
  }
  const code = envelopeOf({ surface: 'iam' }).codes.notPermitted;
  await everyAddress(isIam, async (route, sent) => {
    const token = tokens.get([route.grant, route.or].join()) ?? '';
    for (const way of waysOf(token))
      checkRefusal(route, await world.send(route, sent, way), { status: 403, code, markers: [token] });
  });
});

test('every admin route of iam answers a session whose key has every grant', async () => {
  const token = await tokenOf(['all']);
  for (const route of world.routes.filter(isIam)) {
    const fixture = envelopeOf(route).fixtures[route.name];
    assert.ok(fixture !== undefined, `no fixture for ${route.name}`);
    const reply = await world.send(route, await fixture.valid(world), { key: token });
    checkReply(reply);
    assert.ok(isInOrder(route, fixture, answerOf(fixture, reply).status), `${route.name}: ${reply.text}`);
  }
});

test('no other surface takes a session, whatever its key may do', async () => {
  const token = await tokenOf(['all']);
  await everyAddress(
    (route) => !isIam(route),
    async (route, sent) => {
      const { badKey, missingKey } = envelopeOf(route).codes;
      const [bearer = {}, header = {}] = waysOf(token);
      checkRefusal(route, await world.send(route, sent, bearer), { status: 401, code: badKey });
      checkRefusal(route, await world.send(route, sent, header), { status: 401, code: missingKey });
    },
  );
});
