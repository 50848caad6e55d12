import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { type Body, type KycApi, kycOf, passport, person, type Shown } from '../../harness/kyc.ts';
import { type Reply, startServer } from '../../harness/server.ts';

let api: KycApi;

const UNKNOWN = '01900000-0000-7000-8000-000000000000';
const TAX_ID = `taxid${randomInt(10 ** 12)}`;
const BORN = '1961-03-09';
const NAME = `Name${randomInt(10 ** 12)}`;
const EMAIL = `mail${randomInt(10 ** 12)}@example.com`;
const LABEL = `label${randomInt(10 ** 12)}`;
const PHONE = `+351${randomInt(10 ** 12)}`;

const marked = (more: Body = {}) =>
  person({
    ...{ name: NAME, email: EMAIL, birthday: BORN, phone: { number: PHONE } },
    ...{ tax: { country: 'PT', idNumber: TAX_ID } },
    ...more,
  });

/** Everything that must be nowhere, with the file names and signatures of these links. */
function secrets(...links: readonly string[]): string[] {
  const { live, sandbox } = api.server.quickstart;
  const keys = [live, sandbox].map(({ api_key }) => api_key.slice(-32));
  const signed = links.flatMap((link) =>
    [...new URL(link).searchParams.values()].filter((v) => v.length > 30),
  );
  const objects = links.map((link) => new URL(link).pathname.split('/').at(-1) ?? '');
  return [...keys, ...signed, ...objects, TAX_ID, BORN, NAME, EMAIL.split('@')[0] ?? '', LABEL, PHONE];
}

/** Requests that are refused, with what must not come back as a value. Names of unknown fields do (contract kyc 1). */
async function refuse({ id, url, link }: { id: string; url: string; link: string }): Promise<Reply[]> {
  const { sandbox } = api;
  const bad = { identityId: UNKNOWN, email: EMAIL, label: LABEL, extra: TAX_ID };
  const replies = [
    await api.post(marked()),
    await api.post(marked({ tax: { country: 'PT', idNumber: TAX_ID, extra: BORN }, gender: TAX_ID })),
    await api.post(
      marked({ email: TAX_ID, birthday: `${BORN}T00:00`, documents: [passport(url, { url: link })] }),
    ),
    await api.post(JSON.stringify(marked()).slice(0, -1)),
    await api.post(marked(), { headers: { 'content-type': `text/${NAME}` } }),
    await api.post(marked(), { key: `${api.server.quickstart.live.api_key.slice(0, -1)}x` }),
    await api.patch(id, { birthday: TAX_ID, name: { extra: NAME }, documents: [passport(link)] }),
    await api.patch(UNKNOWN, marked()),
    await api.get(`/identities?filter[email]=in:${EMAIL}&filter[extra]=${BORN}&sort=${NAME}`),
    await api.get(`/identities/${TAX_ID}`),
    await api.get(`/identities/${id}/operations?extra=${BORN}`),
    await api.get(`/verifications?page[size]=${TAX_ID}`),
    await api.get(`/verifications/${NAME}`),
    await api.call('POST', '/operations/validate', { body: { ...bad, action: NAME, code: TAX_ID } }),
    await api.call('POST', '/operations/validate', {
      body: { identityId: id, action: 'create', code: TAX_ID },
    }),
    await api.call('POST', '/operations/activate', { body: { identityId: id, code: TAX_ID } }),
    await api.call('POST', '/identity-relations', { body: bad }),
    await api.call('POST', '/identity-relations', {
      body: { fromIdentity: id, toIdentity: UNKNOWN, label: LABEL },
    }),
    await api.call('POST', '/sandbox/identities/approve', { body: { email: EMAIL } }),
    await api.call('POST', '/sandbox/identities/reject', {
      ...sandbox,
      body: { ...bad, exceptions: [NAME] },
    }),
    await api.call('POST', '/sandbox/identities/approve', { ...sandbox, body: { email: EMAIL } }),
  ];
  const { pathname, search } = new URL(link);
  for (const query of [`${search}0`, ''])
    replies.push(await api.server.call('GET', `${pathname}${query}`, { key: null }));
  return replies;
}

/** Everything, also what succeeds. @returns What must be nowhere. */
async function useAll(): Promise<string[]> {
  const url = await api.uploadFile();
  const made: Shown = await api.create(marked({ documents: [passport(url)] }));
  const link = await api.viewLink(made.documents[0]);
  assert.equal((await fetch(link)).status, 200);
  const other = await api.create();
  const relation = { fromIdentity: made.id, toIdentity: other.id, label: LABEL };
  assert.equal((await api.call('POST', '/identity-relations', { body: relation })).status, 200);
  const again: Shown = await api.create(marked(), api.sandbox);
  await api.simulate('reject', { email: EMAIL });
  await api.simulate('approve', { identityId: again.id });
  await api.list(`filter[email]=like:${EMAIL}&filter[name]=${NAME}`);
  assert.equal((await api.patch(again.id, marked({ name: 'Other' }), api.sandbox)).status, 422);
  await api.server.runJob('kyc');
  await api.server.runJob('kyc-sweep');
  assert.equal((await api.delete(again.id, api.sandbox)).status, 204);

  const hidden = secrets(url, link);
  assert.ok(hidden.length >= 12);
  const refusals = await refuse({ id: made.id, url, link });
  for (const { status, text } of refusals) {
    assert.ok(status >= 400 && status < 500, text);
    for (const secret of hidden) assert.ok(!text.includes(secret), text);
  }
  return hidden;
}

test('kyc 71 no refusal and no log line holds a tax id, a birthday, a key or a signed link', async () => {
  const server = await startServer({ environment: { SELFSAME_LOG_LEVEL: 'trace' } });
  api = await kycOf(server);
  // Lines are gathered; once the server has ended all are there.
  const hidden = await useAll().finally(() => server.close());
  const logs = server.logs();
  for (const secret of hidden) assert.ok(!logs.includes(secret), secret);
  for (const word of ['operation_not_active', 'validateOperation', 'approveIdentity', '"status":422'])
    assert.ok(logs.includes(word), `the log has the requests: ${word}`);
});
