import {
  type FixtureTable,
  marker,
  type RouteFixture,
  type Sent,
  type VerificationResource,
  type World,
} from './matrix.ts';

const BASE = '/api/v1';
const IDENTITY = `${BASE}/identities/{identity_id}`;
const TYPE = `${BASE}/identity-types/{type_id}`;
const WEBHOOK = `${BASE}/webhooks/{webhook_id}`;
const SESSION = `${BASE}/sessions/{session_id}`;

type Body = Readonly<Record<string, unknown>>;
type InBody = Readonly<Record<string, VerificationResource>>;

const bare = (body?: () => Body): RouteFixture => ({
  valid: async () => ({ path: {}, ...(body === undefined ? {} : { body: body() }) }),
  refers: [],
});

/** Parameters of paths, by name. */
const PARAMETERS: Readonly<Record<string, VerificationResource>> = {
  identity_id: 'record',
  session_id: 'session',
  type_id: 'identityType',
  field_id: 'customField',
  webhook_id: 'webhook',
  delivery_id: 'delivery',
  event_id: 'event',
  relationship_id: 'relationship',
};
const inPath = (...names: readonly string[]): RouteFixture['refers'] =>
  names.map((name) => ({ in: 'path', name, type: PARAMETERS[name] ?? 'record' }));

/** Reads what no cell may change. */
function reading(...names: readonly string[]): RouteFixture {
  return {
    valid: async ({ own }) => ({
      path: Object.fromEntries(names.map((name) => [name, own[PARAMETERS[name] ?? 'record']])),
    }),
    refers: inPath(...names),
  };
}

/** Changes something made for it. @param refers Ids in the body, by field. */
function writing(
  names: readonly string[],
  make: (world: World) => Promise<Sent>,
  refers: InBody = {},
): RouteFixture {
  return {
    valid: make,
    refers: [
      ...inPath(...names),
      ...Object.entries(refers).map(([name, type]) => ({ in: 'body' as const, name, type })),
    ],
    replace: (sent, reference, id) => {
      const { name } = reference;
      if (reference.in === 'path') return { ...sent, path: { ...sent.path, [name]: id } };
      const body = sent.body as Body;
      const isList = Array.isArray(body[name]);
      return { ...sent, body: { ...body, [name]: isList ? [id] : id } };
    },
  };
}

const onIdentity = (body?: (world: World) => Body | Promise<Body>, refers: InBody = {}): RouteFixture =>
  writing(
    ['identity_id'],
    async (world) => ({
      path: { identity_id: await world.makers.record() },
      ...(body === undefined ? {} : { body: await body(world) }),
    }),
    refers,
  );
const onType = (body?: () => Body): RouteFixture =>
  writing(['type_id'], async ({ makers }) => ({
    path: { type_id: await makers.identityType() },
    ...(body === undefined ? {} : { body: body() }),
  }));
const onField = (body?: () => Body): RouteFixture =>
  writing(['type_id', 'field_id'], async ({ makers }) => {
    const type_id = await makers.identityType();
    const path = { type_id, field_id: await makers.customField(type_id) };
    return { path, ...(body === undefined ? {} : { body: body() }) };
  });
const onWebhook = (body?: () => Body): RouteFixture =>
  writing(['webhook_id'], async ({ makers }) => ({
    path: { webhook_id: await makers.webhook() },
    ...(body === undefined ? {} : { body: body() }),
  }));

const merging: RouteFixture = writing(
  [],
  async ({ makers }) => ({
    path: {},
    body: {
      primary_identity_id: await makers.record(),
      secondary_identity_id: await makers.record(),
    },
  }),
  { primary_identity_id: 'record', secondary_identity_id: 'record' },
);

/** Fixtures of the verification surface, by method and path as its OpenAPI document writes them. */
export const VERIFICATION_FIXTURES: FixtureTable = {
  [`POST ${BASE}/identities`]: bare(() => ({ external_ref: marker(), upsert: false })),
  [`GET ${BASE}/identities`]: {
    valid: async () => ({ path: {}, query: { limit: '2', include_archived: 'true' } }),
    refers: [],
  },
  [`POST ${BASE}/identities/search`]: bare(() => ({
    ...{
      first_name: marker(),
      last_name: marker(),
      date_of_birth: '1990-01-02',
      email: 'nobody@example.com',
    },
    ...{ city: marker(), phone: '1234567', ssn: '1', country: 'DE', status: 'pending', limit: 3, offset: 0 },
  })),
  [`GET ${IDENTITY}`]: reading('identity_id'),
  [`PATCH ${IDENTITY}`]: onIdentity(() => ({
    ...{ external_ref: marker(), first_name: marker(), last_name: marker(), date_of_birth: '1990-01-02' },
    ...{ address_line1: marker(), city: marker(), state: marker(), zip_code: '1', document_number: marker() },
    ...{
      ssn: '123-45-6789',
      nationality: 'DE',
      gender: 'x',
      country: 'DE',
      email: `${marker()}@example.com`,
    },
    ...{ phone: '+49 30 901820', status: 'approved' },
  })),
  [`DELETE ${IDENTITY}`]: onIdentity(),
  [`POST ${IDENTITY}/archive`]: onIdentity(),
  [`POST ${IDENTITY}/restore`]: writing(['identity_id'], async ({ makers, server }) => {
    const identity_id = await makers.record();
    const reply = await server.call('POST', `${BASE}/identities/${identity_id}/archive`);
    if (reply.status !== 200) throw new Error(reply.text);
    return { path: { identity_id } };
  }),
  [`POST ${IDENTITY}/add-tag`]: onIdentity(() => ({ tag: marker() })),
  [`POST ${IDENTITY}/remove-tag`]: onIdentity(() => ({ tag: marker() })),
  [`POST ${IDENTITY}/set-tags`]: onIdentity(() => ({ tags: [marker(), marker()] })),

  [`GET ${IDENTITY}/sessions`]: reading('identity_id'),
  [`GET ${IDENTITY}/audit-log`]: reading('identity_id'),
  [`GET ${IDENTITY}/export`]: reading('identity_id'),
  [`GET ${IDENTITY}/custom-fields`]: reading('identity_id'),
  [`PATCH ${IDENTITY}/custom-fields`]: onIdentity(() => ({ custom_fields: {} })),
  [`GET ${IDENTITY}/relationships`]: reading('identity_id'),
  [`POST ${IDENTITY}/relationships`]: onIdentity(
    async ({ makers }) => ({
      related_identity_id: await makers.record(),
      relationship_type: 'user_linked',
      metadata: { note: marker() },
    }),
    { related_identity_id: 'record' },
  ),
  [`DELETE ${IDENTITY}/relationships/{relationship_id}`]: writing(
    ['identity_id', 'relationship_id'],
    async ({ makers }) => {
      const identity_id = await makers.record();
      return { path: { identity_id, relationship_id: await makers.relationship(identity_id) } };
    },
  ),
  [`GET ${IDENTITY}/image-matches`]: reading('identity_id'),
  [`POST ${IDENTITY}/pause-monitoring`]: onIdentity(),
  [`POST ${IDENTITY}/resume-monitoring`]: writing(['identity_id'], async ({ makers, server }) => {
    const identity_id = await makers.record();
    await server.call('POST', `${BASE}/identities/${identity_id}/pause-monitoring`);
    return { path: { identity_id } };
  }),

  [`POST ${BASE}/identities/merge/preview`]: merging,
  [`POST ${BASE}/identities/merge`]: merging,
  [`POST ${BASE}/identities/merge-multiple`]: {
    ...writing([], async ({ makers }) => ({
      path: {},
      body: {
        primary_identity_id: await makers.record(),
        secondary_identity_ids: [await makers.record(), await makers.record()],
      },
    })),
    // An unknown one is a value that does not do: this route knows no 404 (contract verification 3.9).
    refers: ['primary_identity_id', 'secondary_identity_ids'].map((name) => ({
      ...{ in: 'body', name, type: 'record', missing: { status: 422, code: 'validation_error' } },
    })),
  },

  [`GET ${BASE}/identity-types`]: bare(),
  [`POST ${BASE}/identity-types`]: bare(() => ({ name: marker(), label: marker(), statuses: ['vip'] })),
  [`GET ${TYPE}`]: reading('type_id'),
  [`PATCH ${TYPE}`]: onType(() => ({ label: marker(), description: marker() })),
  [`DELETE ${TYPE}`]: onType(),
  [`GET ${TYPE}/fields`]: reading('type_id'),
  [`POST ${TYPE}/fields`]: onType(() => ({ name: marker(), label: marker(), field_type: 'string' })),
  [`GET ${TYPE}/fields/{field_id}`]: reading('type_id', 'field_id'),
  [`PATCH ${TYPE}/fields/{field_id}`]: onField(() => ({ label: marker(), sort_order: 2 })),
  [`DELETE ${TYPE}/fields/{field_id}`]: onField(),

  [`POST ${BASE}/sessions`]: bare(() => ({
    external_ref: marker(),
    country: 'DE',
    metadata: { a: marker() },
  })),
  [`GET ${BASE}/sessions`]: { valid: async () => ({ path: {}, query: { limit: '2' } }), refers: [] },
  // Each id has an answer of its own, so that one of nothing does not keep the others from being erased.
  [`POST ${BASE}/sessions/redact-data`]: {
    valid: async ({ makers }) => ({ path: {}, body: { session_ids: [await makers.session()] } }),
    refers: [],
  },
  [`GET ${SESSION}`]: reading('session_id'),
  // Only a simulation brings a result about.
  [`GET ${SESSION}/result`]: {
    valid: async ({ sandbox, server, keys: { sandbox: key } }) => {
      const session_id = await sandbox.session();
      const path = `${BASE}/sessions/${session_id}/simulate`;
      const reply = await server.call('POST', path, { key, body: { action: 'approve' } });
      if (reply.status !== 200) throw new Error(reply.text);
      return { key, path: { session_id } };
    },
    refers: inPath('session_id'),
  },
  [`POST ${SESSION}/simulate`]: {
    ...writing(['session_id'], async ({ sandbox, keys }) => ({
      ...{ key: keys.sandbox, path: { session_id: await sandbox.session() }, body: { action: 'approve' } },
    })),
    sandboxOnly: true,
  },
  [`DELETE ${SESSION}/data`]: writing(['session_id'], async ({ makers }) => ({
    path: { session_id: await makers.session() },
  })),

  [`GET ${BASE}/events`]: { valid: async () => ({ path: {}, query: { limit: '2' } }), refers: [] },
  [`GET ${BASE}/events/{event_id}`]: reading('event_id'),

  [`GET ${BASE}/webhooks`]: bare(),
  [`POST ${BASE}/webhooks`]: bare(() => ({
    url: 'http://127.0.0.1:9/hook',
    label: 'Made',
    is_active: false,
  })),
  [`GET ${WEBHOOK}`]: reading('webhook_id'),
  [`PATCH ${WEBHOOK}`]: onWebhook(() => ({ label: 'Changed', is_active: false })),
  [`DELETE ${WEBHOOK}`]: onWebhook(),
  [`POST ${WEBHOOK}/rotate-secret`]: onWebhook(),
  [`GET ${WEBHOOK}/deliveries`]: reading('webhook_id'),
  [`POST ${WEBHOOK}/deliveries/{delivery_id}/replay`]: writing(
    ['webhook_id', 'delivery_id'],
    async ({ makers }) => {
      const webhook_id = await makers.webhook();
      return { path: { webhook_id, delivery_id: await makers.delivery(webhook_id) } };
    },
  ),

  [`GET ${BASE}/rate-limits`]: bare(),
};
