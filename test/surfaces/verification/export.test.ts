import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  IDENTITY_KEYS,
  newReference,
  pathOf,
  type Shown,
  startVerification,
  unknownIdentityId,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const ALL_FIELDS = {
  ...{ first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10', gender: 'female' },
  ...{ address_line1: '12 St James’s Square', address_line2: 'Top floor', city: 'London', state: 'LDN' },
  ...{ zip_code: 'SW1Y 4JH', document_number: 'X-100-200', ssn: '123-45-6789', nationality: 'gb' },
  ...{ email: 'ada@example.com', phone: '+44 20 7946 0000' },
};
const EXTRACTED = {
  ...{ first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10', gender: 'female' },
  address: {
    ...{ line1: '12 St James’s Square', line2: 'Top floor', city: 'London', state: 'LDN', zip: 'SW1Y 4JH' },
  },
  ...{ document_number: 'X-100-200', ssn: '123-45-6789', nationality: 'GB' },
  ...{ email: 'ada@example.com', phone: '+44 20 7946 0000' },
};

const exportOf = (reference: string, key?: string) =>
  api.get(`${pathOf(reference)}/export`, key === undefined ? {} : { key });

async function exportsOf(id: string): Promise<Shown[]> {
  return (await api.get(`/events?resource_id=${id}&type=api.identity.export`)).body.data;
}

describe('200', () => {
  test('verification 55 an export gives everything, and leaves one event', async () => {
    const { id } = await api.create();
    await api.update(id, ALL_FIELDS);
    await api.post(`${pathOf(id)}/set-tags`, { tags: ['vip'] });
    const shown = await api.identity(id);
    const { audit, events } = await api.changesOf(async () => {
      const reply = await exportOf(id);
      assert.equal(reply.status, 200, reply.text);
      const { extracted_data, sessions, identity_links, identity_relationships, ...rest } = reply.body;
      const { face_embeddings_count, ...identity } = rest;
      assert.deepEqual(extracted_data, EXTRACTED);
      assert.deepEqual({ ...identity, extracted_data: shown.extracted_data }, shown);
      assert.deepEqual([sessions, identity_links, identity_relationships], [[], [], []]);
      assert.equal(face_embeddings_count, 0);
      assert.deepEqual(
        Object.keys(reply.body).sort(),
        [
          ...IDENTITY_KEYS,
          ...['sessions', 'identity_links', 'identity_relationships', 'face_embeddings_count'],
        ].sort(),
      );
    });
    assert.deepEqual(
      audit.map(({ action, subject_id, fields }) => [action, subject_id, fields]),
      [['identity.exported', uuidOf(id), []]],
    );
    assert.deepEqual(events, []);
    const [event, ...others] = await exportsOf(id);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [event.type, event.resource_id, event.actor, event.ip_address, event.request_path],
      [
        ...['api.identity.export', id, `api_key:${api.key.slice(0, -32)}`, '127.0.0.1'],
        `/api/v1/identities/${id}/export`,
      ],
    );
    assert.deepEqual(await api.identity(id), shown, 'nothing of the identity changed');
  });

  test('each export leaves an event of its own, a HEAD request too', async () => {
    const { id } = await api.create();
    await exportOf(id);
    await exportOf(id);
    await api.call('HEAD', `${pathOf(id)}/export`);
    assert.deepEqual(
      (await exportsOf(id)).map(({ request_method }) => request_method),
      ['HEAD', 'GET', 'GET'],
    );
  });

  test('neither the whitelist nor its retention keeps anything back', async () => {
    await using small = await startVerification();
    await small.server.configureVerification({ apiPiiFields: ['first_name'] });
    const { id } = await small.createWith(ALL_FIELDS);
    assert.deepEqual((await small.identity(id)).extracted_data, { first_name: 'Ada' });
    await small.server.configureVerification({ sensitiveDataRetentionDays: 1 });
    await small.server.sql(
      `update identities set standing = standing || '{"latestSessionEndedAt": "2020-01-01T00:00:00Z"}'
       where id = $1::uuid`,
      [uuidOf(id)],
    );
    assert.deepEqual((await small.identity(id)).extracted_data, {});
    const { body } = await small.get(`${pathOf(id)}/export`);
    assert.deepEqual(body.extracted_data, EXTRACTED);
  });

  test('by reference; archived ones as well', async () => {
    const reference = newReference();
    const { id } = await api.create(reference);
    await api.post(`${pathOf(id)}/archive`);
    const { body } = await exportOf(reference);
    assert.equal(body.id, id);
    assert.notEqual(body.archived_at, null);
    assert.equal((await exportsOf(id)).length, 1);
  });

  test('its sessions with what was found, and its links with what was said of them', async () => {
    const key = api.sandboxKey;
    await api.server.configureVerification({
      ...{ poolId: api.server.quickstart.sandbox.app_id, apiPiiFields: [] },
    });
    const reference = newReference();
    const session = await api.post(
      '/sessions',
      { external_ref: reference, metadata: { our: 'note' } },
      { key },
    );
    const simulated = await api.post(`/sessions/${session.body.id}/simulate`, { action: 'approve' }, { key });
    assert.equal(simulated.status, 200, simulated.text);
    const result = (await api.get(`/sessions/${session.body.id}/result`, { key })).body;
    const shown = (await api.get(`/sessions/${session.body.id}`, { key })).body;
    const { body } = await exportOf(reference, key);
    const [exported, ...others] = body.sessions;
    assert.deepEqual(others, []);
    const { result: whole, ...bare } = exported;
    assert.deepEqual(bare, shown);
    assert.deepEqual(bare.metadata, { our: 'note' });
    assert.deepEqual(result.extracted_data, {});
    assert.deepEqual({ ...whole, extracted_data: {} }, result);

    const [one, other] = [await api.create(), await api.create()];
    const linked = await api.post(`${pathOf(one.id)}/relationships`, {
      ...{ related_identity_id: other.id, relationship_type: 'user_linked', metadata: { since: 'school' } },
    });
    assert.ok(linked.status < 300, linked.text);
    const [link, ...more] = (await exportOf(one.id)).body.identity_relationships;
    assert.deepEqual(more, []);
    const { id: _id, created_at: _at, ...told } = link;
    assert.deepEqual(told, {
      ...{ related_identity_id: other.id, relationship_type: 'user_linked', metadata: { since: 'school' } },
    });
  });

  test('of a redacted identity what is left, which is nothing personal', async () => {
    const { id } = await api.create();
    await api.update(id, { ...ALL_FIELDS, country: 'GB' });
    await api.delete(pathOf(id));
    const reply = await exportOf(id);
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(
      [reply.body.status, reply.body.extracted_data, reply.body.country, reply.body.tags],
      ['redacted', {}, null, []],
    );
    for (const value of Object.values(ALL_FIELDS)) assert.ok(!reply.text.includes(`"${value}"`), value);
    assert.equal((await exportsOf(id)).length, 1);
  });
});

describe('403', () => {
  test('an export takes identities:read', async () => {
    const { id } = await api.create();
    const key = await api.keyWith('identities:write', 'redact:write');
    assertError(await exportOf(id, key), 403, 'forbidden');
    assert.deepEqual(await exportsOf(id), []);
  });
});

describe('404', () => {
  test('of a missing and of a foreign identity nothing is given, and nothing recorded', async () => {
    const { id } = await api.create();
    const { key: stranger } = await api.otherAccount();
    const missing = await exportOf(unknownIdentityId());
    assertError(missing, 404, 'not_found');
    for (const key of [stranger, api.sandboxKey]) {
      const { audit } = await api.changesOf(async () => {
        const reply = await exportOf(id, key);
        assert.deepEqual([reply.status, reply.body], [404, missing.body]);
      });
      assert.deepEqual(audit, []);
    }
  });
});

describe('500', () => {
  test('what does not open is not exported, and no part of it is shown', async () => {
    const one = await api.createWith({ first_name: 'Zenobia' });
    const other = await api.createWith({ first_name: 'Perpetua' });
    await api.server.sql(
      `update identities i set profile = o.profile from identities o
       where i.id = $1::uuid and o.id = $2::uuid`,
      [uuidOf(one.id), uuidOf(other.id)],
    );
    const reply = await exportOf(one.id);
    assertError(reply, 500, 'internal_error');
    assert.ok(!/Zenobia|Perpetua/.test(reply.text));
    assert.deepEqual(await exportsOf(one.id), []);
  });
});
