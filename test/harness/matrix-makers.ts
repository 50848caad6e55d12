import assert from 'node:assert/strict';
import { parseTagged, toTagged } from '../../src/kit/ids.ts';
import { newEmail } from './iam.ts';
import { newPicture, passport, person, sendForm } from './kyc.ts';
import type { Reply, TestServer } from './server.ts';

/** Makes things of the verification surface as the key's owner; each gives the id of what it made. */
export interface Makers {
  record(): Promise<string>;
  session(): Promise<string>;
  identityType(): Promise<string>;
  customField(typeId: string): Promise<string>;
  webhook(): Promise<string>;
  /** One that was given up, so that it can be asked for again. */
  delivery(webhookId: string): Promise<string>;
  relationship(identityId: string): Promise<string>;
  /** A person, as the kyc surface makes one; its UUID. */
  kycIdentity(): Promise<string>;
  /** The identity's newest document. */
  kycDocument(identityId: string): Promise<string>;
  /** The identity's newest verification. */
  kycVerification(identityId: string): Promise<string>;
  /** Of the identity to another one. */
  kycRelation(identityId: string): Promise<string>;
  /** With a password and TOTP. */
  iamIdentity(): Promise<string>;
  /** The external id of one. */
  iamExternal(): Promise<string>;
  iamSession(identityId: string): Promise<string>;
  /** To nobody's address. */
  iamMessage(): Promise<string>;
  /** One of this id is left as it is; default another each time. */
  iamSchema(id?: string): Promise<string>;
  /** An audit event; there is always one once something was made. */
  event(): Promise<string>;
}

/** Of a password that nobody needs: as contract iam 4.1 has it. */
const BCRYPT = '$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq';

let counter = 0;
const unique = (): string => {
  counter += 1;
  return `made${process.pid}x${counter}`;
};

export function makersOf(server: TestServer, key: string): Makers {
  const send = async (method: string, path: string, body?: unknown) => {
    const options = { key, ...(body === undefined ? {} : { body }) };
    const reply: Reply = await server.call(method, `/api/v1${path}`, options);
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
    return reply.body;
  };
  const expect = async (method: string, path: string, body: unknown) => {
    const reply = await server.call(method, path, { key, body });
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
    return reply.body;
  };
  const poolOf = async (identityId: string): Promise<string> => {
    const text = 'select pool_id from identities where id = $1::uuid';
    const [row] = await server.sql<{ pool_id: string }>(text, [identityId]);
    return row?.pool_id ?? '';
  };
  const post = async (path: string, body: unknown): Promise<string> => (await send('POST', path, body)).id;
  const makers: Makers = {
    record: () => post('/identities', { external_ref: unique() }),
    session: () => post('/sessions', { external_ref: unique() }),
    identityType: () => post('/identity-types', { name: unique(), label: 'Made' }),
    customField: (typeId) =>
      post(`/identity-types/${typeId}/fields`, { name: unique(), label: 'Made', field_type: 'string' }),
    webhook: () => post('/webhooks', { url: 'http://127.0.0.1:9/hook', is_active: false }),
    async delivery(webhookId) {
      const id = `01900000-0000-7000-8000-${`${Date.now()}${counter++}`.slice(-12).padStart(12, '0')}`;
      await server.sql(
        `insert into webhook_deliveries (pool_id, endpoint_id, id, event_id, at, type, subject_id,
           subject_version, fields, status, attempts, ended_at, created_at)
         select e.pool_id, e.id, $2::uuid, $2::uuid, e.created_at, 'identity.updated', e.id, 1, '{email}',
           'failed', 6, e.created_at, e.created_at
         from webhook_endpoints e where e.id = $1::uuid`,
        [parseTagged(webhookId, webhookId.split('_')[0] ?? ''), id],
      );
      return toTagged(id, 'whd');
    },
    async relationship(identityId) {
      const related = await makers.record();
      return post(`/identities/${identityId}/relationships`, {
        ...{ related_identity_id: related, relationship_type: 'user_linked' },
      });
    },
    async kycIdentity() {
      const body = person();
      const reply = await server.call('POST', '/identities', { key, body });
      assert.equal(reply.status, 200, reply.text);
      return reply.body.data.id;
    },
    async kycDocument(identityId) {
      const asked = await server.call('POST', '/presign-url', { key, body: { filename: 'a.jpg' } });
      assert.equal(asked.status, 200, asked.text);
      const form = asked.body.data;
      assert.equal((await sendForm(form, newPicture())).status, 204);
      const body = { documents: [passport(`${form.url}${form.fields.key}`)] };
      const reply = await server.call('PATCH', `/identities/${identityId}`, { key, body });
      assert.equal(reply.status, 200, reply.text);
      return reply.body.data.documents.at(-1).id;
    },
    async kycVerification(identityId) {
      const reply = await server.call('GET', `/verifications/identity/${identityId}`, { key });
      assert.equal(reply.status, 200, reply.text);
      return reply.body.data[0].id;
    },
    async kycRelation(fromIdentity) {
      const body = { fromIdentity, toIdentity: await makers.kycIdentity(), label: 'director' };
      const reply = await server.call('POST', '/identity-relations', { key, body });
      assert.equal(reply.status, 200, reply.text);
      return reply.body.data.id;
    },
    async iamIdentity() {
      const credentials = {
        password: { config: { hashed_password: BCRYPT } },
        totp: { config: { totp_url: 'otpauth://totp/Made?secret=JBSWY3DPEHPK3PXP' } },
      };
      const body = { schema_id: 'default', traits: { email: newEmail() }, credentials };
      return (await expect('POST', '/admin/identities', body)).id;
    },
    async iamExternal() {
      const body = { schema_id: 'default', traits: {}, external_id: unique() };
      return (await expect('POST', '/admin/identities', body)).external_id;
    },
    iamSession: async (identityId) =>
      (await server.logIn({ identityId, poolId: await poolOf(identityId) })).id,
    async iamMessage() {
      const poolId = await poolOf(await makers.iamIdentity());
      return server.queueMessage({ recipient: newEmail(), poolId });
    },
    async iamSchema(id = unique()) {
      const schema = { type: 'object', properties: { traits: { type: 'object' } } };
      return (await expect('PUT', `/admin/schemas/${id}`, { schema })).id;
    },
    event: async () => (await send('GET', '/events?limit=1')).data[0].id,
  };
  return makers;
}
