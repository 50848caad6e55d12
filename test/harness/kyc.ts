import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { jpegOf } from '../blobs/kit.ts';
import type { TestClock } from './clock.ts';
import { openReplyChecker } from './schema.ts';
import { type CallOptions, type Reply, startServer, type TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
export type Shown = any;
export type Body = Readonly<Record<string, unknown>>;

/** An upload form, as the server gave it out. */
export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The kyc surface of one server. Every reply is checked against contract and reference before a test sees it. */
export interface KycApi extends AsyncDisposable {
  readonly server: TestServer;
  readonly clock: TestClock;
  /** @param options.key Sent as `apikey`; default the live pool's; null: none. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  get(path: string, options?: CallOptions): Promise<Reply>;
  post(body: unknown, options?: CallOptions): Promise<Reply>;
  patch(id: string, body: unknown, options?: CallOptions): Promise<Reply>;
  delete(id: string, options?: CallOptions): Promise<Reply>;
  /** POST that must succeed. */
  create(body?: Body, options?: CallOptions): Promise<Shown>;
  /** What GET shows. */
  identity(id: string): Promise<Shown>;
  /** Rows of a list, which must succeed. */
  list(query?: string): Promise<{ total: number; ids: string[]; data: Shown[] }>;
  /** An upload form, which must be given. */
  uploadForm(filename?: string, options?: CallOptions): Promise<UploadForm>;
  /** Form and file, as a client does it. @returns The address of the file. */
  uploadFile(content?: Uint8Array, filename?: string, options?: CallOptions): Promise<string>;
  /** A link to a document, which must be given. */
  viewLink(document: Shown): Promise<string>;
  /** What no route sets yet: parts of the record's standing. */
  setStanding(id: string, standing: Body): Promise<void>;
  /** Of the sandbox pool, for `call` and others. */
  readonly sandbox: { readonly key: string };
  /** A simulated decision, which must be taken. */
  simulate(to: 'approve' | 'reject', body: Body): Promise<void>;
  /** The only entry of `kycStatus`. */
  entry(id: string, options?: CallOptions): Promise<Shown>;
  /** The statuses of what the identity may do, each once. */
  operationStatuses(id: string, options?: CallOptions): Promise<string[]>;
  /** Says how a provider of the live pool is, as its operator would. */
  setProvider(slug: string, settings: ProviderSettings): Promise<void>;
}

export interface ProviderSettings {
  readonly poolId?: string;
  readonly isEnabled?: boolean;
  readonly approvesAutomatically?: boolean;
  readonly operations?: readonly Body[];
}

const EVERY_OPERATION = ['deposit:wire', 'withdrawal:wire'].map((code) => ({
  ...{ code, actions: ['create', 'cancel'], types: ['person', 'company'], maxRisk: 'medium' },
}));

const IDENTITY_KEYS = [
  ...['id', 'appId', 'type', 'name', 'email', 'birthday', 'gender', 'identityOwner', 'identityConfirmed'],
  ...['blocked', 'address', 'phone', 'tax', 'kycStatus', 'riskRating', 'createdAt', 'updatedAt'],
];
const FIELD_CODES = [
  ...['required', 'unknown', 'type', 'null', 'format', 'enum', 'length', 'min_age', 'max_age', 'immutable'],
];

/** The running totals of segments, as the migration that began them counts. */
const RECOUNT = `
  insert into tallies (pool_id, name, slot, n)
  select pool_id, concat_ws(':', 'kyc', kyc_type, case when blocked then 'blocked' else 'free' end,
    coalesce(risk_rating, 'none')), 0, count(*)
  from identities where is_open and verification_status <> 'merged' group by 1, 2`;

let counter = 0;
export function newEmail(): string {
  counter += 1;
  return `somebody${counter}.${process.pid}@example.com`;
}

/** The smallest valid person. */
export function person(more: Body = {}): Body {
  return {
    ...{ type: 'person', name: 'Ana Silva', email: newEmail(), birthday: '1990-05-06', gender: 'Female' },
    address: { city: 'Braga', country: 'PT', postalCode: '4700-001', street: 'Rua do Souto 1' },
    phone: { number: '910000000' },
    tax: { country: 'PT', idNumber: '123456789' },
    ...more,
  };
}

export function company(identityOwner: string, more: Body = {}): Body {
  const { birthday: _birthday, gender: _gender, ...base } = person();
  const tax = { country: 'PT', idNumber: '500000000', formationRegion: 'Braga' };
  return { ...base, type: 'company', name: 'Silva Lda', identityOwner, tax, ...more };
}

/** A passport's front, uploaded before. */
export function passport(url: string, more: Body = {}): Body {
  return { type: 'Passport', side: 'FrontSide', url, ...more };
}

/** A picture that there is only once. */
export function newPicture(sizeBytes = 1000): Buffer {
  return jpegOf(16, 16, sizeBytes, { comment: randomBytes(40) });
}

/** Sends a form as a browser would, its fields first. Without a key. */
export async function sendForm(
  { url, fields }: UploadForm,
  content: Uint8Array,
  changes: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: Shown }> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...changes })) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(content)]), 'My passport.jpg');
  const reply = await fetch(url, { method: 'POST', body: form });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? undefined : JSON.parse(text) };
}

export async function startKyc(): Promise<KycApi> {
  return kycOf(await startServer());
}

/** The surface of a server that is there already, for tests of several surfaces. */
export async function kycOf(server: TestServer): Promise<KycApi> {
  const checker = await openReplyChecker(server, 'kyc');
  const call: KycApi['call'] = async (method, path, given = {}) => {
    const { key = server.quickstart.live.api_key, headers = {}, ...rest } = given;
    const sent = { ...(key === null ? {} : { apikey: key }), ...headers };
    const reply = await server.call(method, path, { ...rest, key: null, headers: sent });
    checker.check(method, path, reply);
    checkShape(path, reply, `${method} ${path} ${reply.status}: ${reply.text}`);
    return reply;
  };
  const expect = (reply: Reply): Shown => {
    assert.equal(reply.status, 200, reply.text);
    return reply.body;
  };
  const api: KycApi = {
    ...{ server, clock: server.clock, call },
    get: (path, given) => call('GET', path, given),
    post: (body, given) => call('POST', '/identities', { ...given, body }),
    patch: (id, body, given) => call('PATCH', `/identities/${id}`, { ...given, body }),
    delete: (id, given) => call('DELETE', `/identities/${id}`, given),
    create: async (body = person(), given) => expect(await api.post(body, given)).data,
    identity: async (id) => expect(await api.get(`/identities/${id}`)).data,
    async list(query = '') {
      const { total, data } = expect(await api.get(`/identities${query === '' ? '' : `?${query}`}`));
      return { total, data, ids: data.map(({ id }: Shown) => id) };
    },
    uploadForm: async (filename = 'a.jpg', given) =>
      expect(await call('POST', '/presign-url', { ...given, body: { filename } })).data,
    async uploadFile(content = newPicture(), filename = 'a.jpg', given = {}) {
      const form = await api.uploadForm(filename, given);
      const { status, body } = await sendForm(form, content);
      assert.equal(status, 204, JSON.stringify(body));
      return `${form.url}${form.fields.key}`;
    },
    viewLink: async ({ identityId, id }) =>
      expect(await api.get(`/identities/${identityId}/documents/${id}/presign-url`)).data.url,
    async setStanding(id, standing) {
      await server.sql('update identities set standing = standing || $2::text::jsonb where id = $1::uuid', [
        id,
        JSON.stringify(standing),
      ]);
      await server.sql(`delete from tallies where name like 'kyc:%'`);
      await server.sql(RECOUNT);
    },
    sandbox: { key: server.quickstart.sandbox.api_key },
    async simulate(to, body) {
      const reply = await call('POST', `/sandbox/identities/${to}`, { ...api.sandbox, body });
      assert.equal(reply.status, 200, reply.text);
    },
    async entry(id, given) {
      const { kycStatus } = expect(await api.get(`/identities/${id}`, given)).data;
      assert.equal(kycStatus.length, 1);
      return kycStatus[0];
    },
    async operationStatuses(id, given) {
      const { data } = expect(await api.get(`/identities/${id}/operations`, given));
      return [...new Set<string>(data.map(({ status }: Shown) => status))];
    },
    async setProvider(slug, { poolId = server.quickstart.live.app_id, isEnabled = true, ...settings }) {
      const { approvesAutomatically = false, operations = EVERY_OPERATION } = settings;
      const definition = JSON.stringify({ approvesAutomatically, operations, url: null });
      await server.sql(
        `insert into kyc_providers (pool_id, slug, kind, definition, is_enabled, created_at, updated_at)
         values ($1::uuid, $2, 'builtin', $3::text::jsonb, $4, now(), now())
         on conflict (pool_id, slug) do update set definition = excluded.definition, is_enabled = excluded.is_enabled`,
        [poolId, slug, definition, isEnabled],
      );
      await server.sql(
        'update pool_states set config_version = config_version + 1 where pool_id = $1::uuid',
        [poolId],
      );
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return api;
}

function checkShape(path: string, { status, body, text }: Reply, place: string): void {
  if (status === 204) {
    assert.equal(text, '', place);
    return;
  }
  // What else there is has its shape in the reference alone.
  if (status < 300 && !/^\/(identities(\/[^/]+)?|.*\/presign-url)$/.test(path.split('?', 1)[0] ?? '')) return;
  if (status < 300 && path.includes('/presign-url')) {
    assert.deepEqual(Object.keys(body), ['data'], place);
    return;
  }
  if (status < 300) {
    const isList = Array.isArray(body.data);
    assert.deepEqual(Object.keys(body), isList ? ['total', 'data'] : ['data'], place);
    for (const item of isList ? body.data : [body.data]) {
      const { documents, ...rest } = item;
      assert.deepEqual(Object.keys(rest).sort(), [...IDENTITY_KEYS].sort(), place);
      assert.equal(Array.isArray(documents), !isList, place);
      for (const name of ['createdAt', 'updatedAt']) {
        assert.equal(new Date(item[name]).toISOString(), item[name], place);
      }
    }
    return;
  }
  const { errors, ...base } = body;
  assert.deepEqual(Object.keys(base), ['code', 'message'], place);
  if (errors === undefined) return;
  assert.ok(['validation_failed', 'identity_already_confirmed'].includes(base.code), place);
  for (const error of errors) {
    assert.deepEqual(Object.keys(error), ['field', 'code', 'message'], place);
    assert.ok(FIELD_CODES.includes(error.code), place);
  }
}

/** @param fields `field:code`, all of them. */
export function assertRefused(reply: Reply, status: number, code: string, ...fields: string[]): void {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.body.code, code, reply.text);
  if (fields.length === 0) return;
  const named = (reply.body.errors ?? []).map((error: Shown) => `${error.field}:${error.code}`);
  assert.deepEqual(named.sort(), [...fields].sort(), reply.text);
}

export const assertInvalid = (reply: Reply, ...fields: string[]) =>
  assertRefused(reply, 400, 'validation_failed', ...fields);
