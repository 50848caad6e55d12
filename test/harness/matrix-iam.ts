import assert from 'node:assert/strict';
import { newEmail } from './iam.ts';
import type { FixtureTable, ReferenceIn, RouteFixture, World } from './matrix.ts';

const ONE = '/admin/identities/{id}';
const SESSION = '/admin/sessions/{id}';
const SCHEMA = '/admin/schemas/{id}';
const TEMPLATE = '/admin/courier/templates/{type}/{language}';

const NOT_FOUND = { status: 404, code: '404' };
const BAD = { status: 400, code: '400' };
/** Of a list, which nobody learns anything from. */
const EMPTY = { status: 200, code: 'nothing' };

const identity: RouteFixture['refers'] = [{ in: 'path', name: 'id', type: 'iamIdentity' }];
/** What is no UUID is no mistake in a path of identities, and one in the others (contract iam 4.1, 4.2). */
const uuid = (type: ReferenceIn['type'], missing = NOT_FOUND): RouteFixture['refers'] => {
  return [{ in: 'path', name: 'id', type, missing, bad: [missing, BAD], wrongType: [missing, BAD] }];
};
const schema: RouteFixture['refers'] = [{ in: 'path', name: 'id', type: 'iamSchema' }];

const person = () => ({ schema_id: 'default', traits: { email: newEmail() } });
const made = async ({ makers }: World) => ({ path: { id: await makers.iamIdentity() } });
const loggedIn = async ({ makers }: World) => {
  const id = await makers.iamIdentity();
  return { id, session: await makers.iamSession(id) };
};
const document = (title: string) => {
  return { title, type: 'object', properties: { traits: { type: 'object', properties: {} } } };
};

const templateNames = ['type', 'language'];
const template = {
  path: { type: 'login_code_valid', language: 'nl' },
  body: { sms: { text: '{{ code }}' } },
};

/** Fixtures of the iam surface, by method and path as its OpenAPI document writes them. */
export const IAM_FIXTURES: FixtureTable = {
  'POST /admin/identities': { valid: async () => ({ path: {}, body: person() }), refers: [] },
  'GET /admin/identities': { valid: async () => ({ path: {}, query: { page_size: '2' } }), refers: [] },
  'PATCH /admin/identities': {
    valid: async () => ({ path: {}, body: { identities: [{ create: person() }] } }),
    refers: [],
    bodyBytesMax: 16 * 1024 * 1024,
  },
  [`GET ${ONE}`]: { valid: async ({ own }) => ({ path: { id: own.iamIdentity } }), refers: identity },
  'GET /admin/identities/by/external/{externalID}': {
    valid: async ({ own }) => ({ path: { externalID: own.iamExternal } }),
    refers: [{ in: 'path', name: 'externalID', type: 'iamExternal' }],
  },
  [`PUT ${ONE}`]: {
    valid: async (world) => ({ ...(await made(world)), body: { ...person(), state: 'active' } }),
    refers: identity,
  },
  [`PATCH ${ONE}`]: {
    valid: async (world) => ({
      ...(await made(world)),
      body: [{ op: 'replace', path: '/metadata_public/team', value: 'red' }],
    }),
    refers: identity,
    takesAnyJson: true,
  },
  [`DELETE ${ONE}`]: { valid: made, refers: identity },
  [`DELETE ${ONE}/credentials/{type}`]: {
    valid: async (world) => ({ path: { ...(await made(world)).path, type: 'totp' } }),
    refers: identity,
    names: ['type'],
  },
  [`GET ${ONE}/sessions`]: {
    valid: async ({ own }) => ({ path: { id: own.iamIdentity } }),
    refers: uuid('iamIdentity', EMPTY),
  },
  [`DELETE ${ONE}/sessions`]: {
    valid: async (world) => ({ path: { id: (await loggedIn(world)).id } }),
    refers: uuid('iamIdentity'),
  },
  'GET /admin/sessions': { valid: async () => ({ path: {}, query: { page_size: '2' } }), refers: [] },
  'POST /admin/sessions': {
    valid: async (world) => ({
      ...{ path: {}, body: { action: 'disable', sessions: [(await loggedIn(world)).session] } },
    }),
    refers: [],
  },
  [`GET ${SESSION}`]: {
    valid: async ({ own }) => ({ path: { id: own.iamSession } }),
    refers: uuid('iamSession'),
  },
  [`DELETE ${SESSION}`]: {
    valid: async (world) => ({ path: { id: (await loggedIn(world)).session } }),
    refers: uuid('iamSession'),
  },
  [`PATCH ${SESSION}/extend`]: {
    valid: async (world) => ({ path: { id: (await loggedIn(world)).session } }),
    refers: uuid('iamSession'),
  },
  'POST /admin/recovery/code': {
    valid: async ({ makers }) => ({ path: {}, body: { identity_id: await makers.iamIdentity() } }),
    refers: [
      {
        in: 'body',
        name: 'identity_id',
        type: 'iamIdentity',
        bad: [NOT_FOUND, BAD],
        wrongType: [NOT_FOUND, BAD],
      },
    ],
    replace: (sent, { name }, id) => ({ ...sent, body: { ...(sent.body as object), [name]: id } }),
  },
  // No pool has the method on by itself (contract iam 4.3).
  'POST /admin/recovery/link': {
    valid: async ({ own }) => ({ path: {}, body: { identity_id: own.iamIdentity } }),
    refers: [],
    answersWith: [404],
  },
  'GET /admin/schemas': { valid: async () => ({ path: {} }), refers: [] },
  [`PUT ${SCHEMA}`]: {
    valid: async () => ({
      path: { id: 'put-by-matrices' },
      body: { schema: document(newEmail()), replace: true },
    }),
    refers: [],
    names: ['id'],
  },
  [`PUT ${SCHEMA}/default`]: { valid: async () => ({ path: { id: 'default' } }), refers: schema },
  [`DELETE ${SCHEMA}`]: {
    valid: async ({ makers }) => ({ path: { id: await makers.iamSchema('made-by-matrices') } }),
    refers: schema,
  },
  'GET /admin/courier/messages': { valid: async () => ({ path: {} }), refers: [] },
  'GET /admin/courier/messages/{id}': {
    valid: async ({ own }) => ({ path: { id: own.iamMessage } }),
    refers: uuid('iamMessage'),
  },
  'GET /admin/courier/templates': { valid: async () => ({ path: {} }), refers: [] },
  [`GET ${TEMPLATE}`]: { valid: async () => ({ path: template.path }), refers: [], names: templateNames },
  [`PUT ${TEMPLATE}`]: { valid: async () => template, refers: [], names: templateNames },
  [`DELETE ${TEMPLATE}`]: {
    valid: async ({ server }) => {
      const path = `/admin/courier/templates/${template.path.type}/${template.path.language}`;
      const { status, text } = await server.call('PUT', path, { body: template.body });
      assert.equal(status, 200, text);
      return { path: template.path };
    },
    refers: [],
    names: templateNames,
  },
};
