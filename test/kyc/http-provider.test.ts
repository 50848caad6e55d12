import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { toTagged } from '../../src/kit/ids.ts';
import { type Body, type KycApi, kycOf, newPicture, passport, person, type Shown } from '../harness/kyc.ts';
import { startServer } from '../harness/server.ts';
import { answerWith, notify, type ProviderServer, signed, startProvider } from './provider-server.ts';

let api: KycApi;
let service: ProviderServer;
let secret: string;
before(async () => {
  api = await kycOf(await startServer());
  service = await startProvider();
  await api.server.setKycProvider({ slug: 'builtin', isEnabled: false });
  const made = await api.server.setKycProvider({ slug: 'acme', url: service.url });
  secret = String(made.secret);
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

/** A person whose case has reached the service, and that case. */
async function submitted(more: Body = {}): Promise<{ id: string; sent: Shown }> {
  const { id } = await api.create(person(more));
  await api.server.runJob('kyc');
  const sent = service.asked.at(-1)?.body;
  const [entry] = (await api.identity(id)).kycStatus;
  assert.equal(sent.verificationId, entry.verificationId);
  return { id, sent };
}

const stateOf = async (id: string) => (await api.identity(id)).kycStatus[0].status;
const verdictOn = ({ verificationId, revision }: Shown, more: Body = {}) => {
  return { verificationId, revision, state: 'approved', ...more };
};
const tell = (sent: Shown, verdict: unknown = verdictOn(sent), changes: Parameters<typeof notify>[2] = {}) =>
  notify(api.server, { url: sent.callbackUrl, secret, verdict }, changes);

test('a case goes out signed, with facts, digests and links that open the exact bytes, face images too', async () => {
  const [front, face] = [newPicture(), newPicture()];
  const documents = [passport(await api.uploadFile(front))];
  const faceImages = [await api.uploadFile(face)];
  const { id, sent } = await submitted({ documents, faceImages, name: 'Ana Sílva' });

  const asked = service.asked.at(-1);
  assert.ok(asked);
  assert.equal(asked.headers['x-selfsame-signature'], signed(secret, asked.raw, api.clock.now()));
  assert.deepEqual(Object.keys(sent), [
    ...['type', 'verificationId', 'revision', 'callbackUrl', 'subject', 'documents', 'faceImages'],
  ]);
  const { app_id: appId } = api.server.quickstart.live;
  assert.equal(sent.callbackUrl, `${api.server.url}/verifications/callbacks/${appId}/acme`);
  assert.deepEqual(sent.subject, {
    ...{ name: 'Ana Sílva', address: { country: 'PT', state: null } },
    tax: { country: 'PT', idNumber: '123456789', state: null },
    ...{ type: 'person', birthday: '1990-05-06', gender: 'female' },
  });
  const [document] = sent.documents;
  assert.deepEqual(
    [document.type, document.side, document.contentType],
    [...['passport', 'frontSide', 'image/jpeg']],
  );
  for (const [file, content] of [
    [document, front],
    [sent.faceImages[0], face],
  ]) {
    assert.equal(file.sha256, createHash('sha256').update(content).digest('hex'));
    assert.equal(file.sizeBytes, content.length);
    assert.equal(Date.parse(file.expiresAt), api.clock.now().getTime() + 900_000);
    const opened = await fetch(file.url);
    assert.ok(content.equals(Buffer.from(await opened.arrayBuffer())));
  }
  const views = await api.server.sql<{ n: number }>(
    `select count(*)::integer as n from audit_entries
     where subject_id = $1::uuid and action = 'identity.viewed' and key_id is null`,
    [id],
  );
  assert.deepEqual(views, [{ n: 2 }], 'that links were given out is in the audit log');
  assert.equal(await stateOf(id), 'pending');
});

test('a verdict in a callback counts, and whatever comes after it does not', async () => {
  const { id, sent } = await submitted();
  const verdict = verdictOn(sent, { risk: 'low', validUntil: '2099-01-01' });
  assert.equal((await tell(sent, verdict)).status, 204);
  const approved = await api.identity(id);
  assert.deepEqual(
    [approved.kycStatus[0].status, approved.identityConfirmed, approved.riskRating],
    [...['approved', true, 'low']],
  );
  assert.equal((await tell(sent, verdict)).status, 204, 'once more');
  assert.equal((await tell(sent, verdictOn(sent, { state: 'exception', exceptions: ['x'] }))).status, 204);
  const { updatedAt } = await api.identity(id);
  assert.equal(updatedAt, approved.updatedAt);

  api.clock.advance(60);
  assert.equal(
    (await tell(sent, verdictOn(sent, { state: 'rejected', exceptions: ['forged'] }))).status,
    204,
  );
  const revoked = await api.identity(id);
  assert.deepEqual([revoked.kycStatus[0].status, revoked.kycStatus[0].exceptions], ['rejected', ['forged']]);
});

test('a rejection that a person has turned cannot be played once more', async () => {
  const { id, sent } = await submitted();
  const rejection = verdictOn(sent, { state: 'rejected', exceptions: ['forged'] });
  const at = api.clock.now();
  assert.equal((await tell(sent, rejection)).status, 204);
  api.clock.advance(60);
  const path = `/review/${sent.verificationId}/approve`;
  const reply = await api.server.call('POST', path, { body: {} });
  assert.equal(reply.status, 200, reply.text);
  assert.equal((await tell(sent, rejection, { at })).status, 204);
  assert.equal(await stateOf(id), 'approved');
});

test('kyc 63: a verdict on an older revision is taken and changes nothing', async () => {
  const { id, sent } = await submitted();
  const patched = await api.patch(id, { name: 'Ana Maria Silva' });
  assert.equal(patched.status, 200, patched.text);
  assert.equal((await tell(sent)).status, 204);
  assert.equal(await stateOf(id), 'pending');
  await api.server.runJob('kyc');
  const again = service.asked.at(-1)?.body;
  assert.equal(again.verificationId, sent.verificationId);
  assert.ok(again.revision > sent.revision);
  assert.equal((await tell(again)).status, 204);
  assert.equal(await stateOf(id), 'approved');
});

test('whoever is not the provider is refused in one way, and nothing changes', async () => {
  const { id, sent } = await submitted();
  const { callbackUrl } = sent;
  const body = JSON.stringify(verdictOn(sent));
  const right = signed(secret, body, api.clock.now());
  const wrong = [
    await tell(sent, body, { signature: null }),
    await tell(sent, body, { signature: signed('kycsec_other', body, api.clock.now()) }),
    await tell(sent, body, { signature: `${right.slice(0, -1)}${right.endsWith('0') ? '1' : '0'}` }),
    await tell(sent, body, { signature: right.toUpperCase() }),
    await tell(sent, body, { signature: right.replace('t=', 't=0') }),
    await tell(sent, body, { signature: right, sent: `${body} ` }),
    await tell(sent, body, { at: new Date(api.clock.now().getTime() - 301_000) }),
    await tell(sent, body, { at: new Date(api.clock.now().getTime() + 301_000) }),
    await tell(sent, 'no JSON at all', { signature: right }),
    await notify(api.server, { url: `${callbackUrl}x`, secret, verdict: body }),
    await notify(api.server, { url: callbackUrl.replace('acme', 'builtin'), secret, verdict: body }),
    await notify(api.server, {
      url: callbackUrl.replace(/[0-9a-f-]{36}/, '01900000-0000-7000-8000-000000000000'),
      ...{ secret, verdict: body },
    }),
    await notify(api.server, { url: callbackUrl.replace(/[0-9a-f-]{36}/, 'nobody'), secret, verdict: body }),
  ];
  for (const reply of wrong) assert.deepEqual([reply.status, reply.text], [401, wrong[0]?.text]);
  assert.equal(wrong[0]?.body.code, 'unauthorized');
  assert.equal(await stateOf(id), 'pending');
  assert.equal((await tell(sent, body)).status, 204);
});

test('a provider of another application decides nothing here, whatever it signs', async () => {
  const { id, sent } = await submitted();
  const { poolId } = await api.server.createAccount();
  const theirs = await api.server.setKycProvider({ poolId, slug: 'acme', url: service.url });
  const foreign = {
    url: sent.callbackUrl.replace(api.server.quickstart.live.app_id, poolId),
    secret: String(theirs.secret),
    verdict: verdictOn(sent),
  };
  assert.equal((await notify(api.server, foreign)).status, 204, 'as one about nobody');
  assert.equal((await notify(api.server, { ...foreign, url: sent.callbackUrl })).status, 401);
  assert.equal((await notify(api.server, { ...foreign, secret })).status, 401);
  assert.equal(await stateOf(id), 'pending');
});

test('nor does another provider of the same application', async () => {
  const { id, sent } = await submitted();
  const { secret: own } = await api.server.setKycProvider({ slug: 'rival', url: service.url });
  const url = sent.callbackUrl.replace('acme', 'rival');
  const verdict = verdictOn(sent);
  assert.equal((await notify(api.server, { url, secret: String(own), verdict })).status, 204);
  assert.equal(await stateOf(id), 'pending');
  await api.server.setKycProvider({ slug: 'rival', isEnabled: false });
});

test('a verdict is read strictly, every problem at once, and not a word of it is repeated', async () => {
  const { id, sent } = await submitted();
  const bad = {
    ...{ verificationId: 'x', revision: 1.5, state: 'maybe', exceptions: ['Ana Silva'], risk: 'none' },
    ...{ checks: [{ code: 'a', result: 'lost' }], block: 'no', validUntil: '2001-02-30' },
    externalRef: 'ana@example.com',
  };
  const reply = await tell(sent, bad);
  assert.equal(reply.status, 400, reply.text);
  assert.deepEqual(reply.body.errors.map(({ field }: Shown) => field).sort(), [
    ...['block', 'checks[0].result', 'exceptions', 'externalRef', 'revision', 'risk', 'state'],
    ...['validUntil', 'verificationId'],
  ]);
  for (const value of ['Ana', 'ana@', '02-30', 'maybe']) assert.ok(!reply.text.includes(value), value);
  for (const verdict of [
    '[]',
    'null',
    '{',
    '',
    '"x"',
    { ...verdictOn(sent), note: 'seen' },
    service.asked[0]?.raw,
  ])
    assert.equal((await tell(sent, verdict)).status, 400, JSON.stringify(verdict));
  assert.equal((await tell(sent, verdictOn(sent, { state: 'exception' }))).status, 400, 'for no reason');
  assert.equal((await tell(sent, 'x'.repeat(70_000))).status, 413);
  assert.equal(await stateOf(id), 'pending');
});

test('kyc 55: what the service answers amiss keeps the case pending, is tried again, and stays out of the log', async () => {
  const name = 'Quirina Zuckermandel';
  const amiss: [ProviderServer['answer'], RegExp][] = [
    [answerWith(500, name), /answered 500/],
    [answerWith(302, ''), /answered 302/],
    [answerWith(200, `{"state": "${name}`), /not valid: as a whole/],
    [answerWith(200, { state: 'approved', exceptions: [name] }), /not valid: exceptions/],
    [answerWith(200, { state: 'expired' }), /not valid: state/],
    [answerWith(200, { state: 'approved', [name]: 1 }), /not valid: as a whole/],
    [answerWith(202, { externalRef: name }), /not valid: externalRef/],
    [answerWith(200, JSON.stringify(name).repeat(5000)), /more than 65536 bytes/],
    [(_asked, response) => response.destroy(), /request failed/],
  ];
  const { id } = await api.create(person({ name }));
  for (const [answer, detail] of amiss) {
    service.answer = answer;
    const [before, logged] = [service.asked.length, api.server.logs().length];
    await api.server.runJob('kyc');
    assert.equal(service.asked.length, before + 1, String(detail));
    assert.match(api.server.logs().slice(logged), detail);
    assert.equal(await stateOf(id), 'pending');
    api.clock.advance(6 * 3600);
  }
  service.answer = answerWith(200, { state: 'rejected', exceptions: ['b', 'a', 'b'], risk: 'medium' });
  await api.server.runJob('kyc');
  const decided = await api.identity(id);
  assert.deepEqual(decided.kycStatus[0].exceptions, ['a', 'b']);
  assert.deepEqual([decided.kycStatus[0].status, decided.riskRating], ['rejected', 'medium']);
  service.answer = answerWith(202, { externalRef: 'case-1' });
  for (const value of [name, secret, '123456789', '1990-05-06'])
    assert.ok(!api.server.logs().includes(value), value);
});

test('an identity that goes takes its case along: the service is told until it has heard', async () => {
  const { id } = await submitted();
  service.answer = answerWith(503, '');
  assert.equal((await api.delete(id)).status, 204);
  await api.server.runJob('kyc');
  assert.deepEqual(service.asked.at(-1)?.body, { type: 'case.cancelled', externalRef: 'case-1' });
  service.answer = answerWith(404, '');
  api.clock.advance(3600);
  const told = service.asked.length;
  await api.server.runJob('kyc');
  assert.equal(service.asked.length, told + 1);
  api.clock.advance(86_400);
  await api.server.runJob('kyc');
  assert.equal(service.asked.length, told + 1);
  service.answer = answerWith(202, { externalRef: 'case-1' });
});

test('a verdict on a verification that was redacted has no place: the case is asked again under another one', async () => {
  const { id, sent } = await submitted();
  const session = toTagged(sent.verificationId, 'ses');
  const redacted = await api.server.call('DELETE', `/api/v1/sessions/${session}/data`);
  assert.equal(redacted.status, 200, redacted.text);
  assert.equal((await tell(sent)).status, 204);
  const [entry] = (await api.identity(id)).kycStatus;
  assert.equal(entry.status, 'pending');
  assert.notEqual(entry.verificationId, sent.verificationId);
  await api.server.runJob('kyc');
  const again = service.asked.at(-1)?.body;
  assert.equal(again.verificationId, entry.verificationId);
  assert.equal((await tell(again)).status, 204);
  assert.equal(await stateOf(id), 'approved');
});

test('a verdict on an identity that is gone, or on none, is taken and changes nothing', async () => {
  const { id, sent } = await submitted();
  assert.equal((await api.delete(id)).status, 204);
  assert.equal((await tell(sent)).status, 204);
  const nobody = { ...sent, verificationId: '01900000-0000-7000-8000-000000000000' };
  assert.equal((await tell(nobody)).status, 204);
  assert.equal((await api.get(`/identities/${id}`)).status, 404);
});

test('the secret lasts through a new pool key, and a renewed one makes the old one void', async () => {
  const { id, sent } = await submitted();
  await api.server.rotatePoolKeys();
  const other = await submitted();
  assert.equal((await tell(other.sent)).status, 204);
  const former = secret;
  secret = String((await api.server.setKycProvider({ slug: 'acme', renewsSecret: true })).secret);
  const body = JSON.stringify(verdictOn(sent));
  assert.equal((await tell(sent, body, { signature: signed(former, body, api.clock.now()) })).status, 401);
  assert.equal(await stateOf(id), 'pending');
  assert.equal((await tell(sent, body)).status, 204);
  const rows = await api.server.sql<{ row: string }>('select kyc_providers::text as row from kyc_providers');
  for (const { row } of rows) {
    for (const text of [former, secret])
      assert.ok(!row.includes(text) && !row.includes(Buffer.from(text).toString('hex')));
  }
});

test('a provider that is switched off is sent nothing, and its verdicts are refused', async () => {
  const { id, sent } = await submitted();
  await api.server.setKycProvider({ slug: 'acme', isEnabled: false });
  const asked = service.asked.length;
  await api.create();
  await api.server.runJob('kyc');
  assert.equal(service.asked.length, asked);
  assert.equal((await tell(sent)).status, 401);
  await api.server.setKycProvider({ slug: 'acme', isEnabled: true });
  assert.equal((await tell(sent)).status, 204);
  assert.equal(await stateOf(id), 'approved');
});

test('addresses of private networks are not called unless the operator allowed them', async (t) => {
  const environment = { SELFSAME_OUTGOING_ALLOW_PRIVATE: '10.1.2.0/24' };
  const guarded = await kycOf(await startServer({ environment }));
  t.after(() => guarded[Symbol.asyncDispose]());
  await guarded.server.setKycProvider({ slug: 'acme', url: service.url });
  const asked = service.asked.length;
  const { id } = await guarded.create();
  await guarded.server.runJob('kyc');
  assert.equal(service.asked.length, asked);
  assert.match(guarded.server.logs(), /"code":"destination_refused"/);
  const entries = (await guarded.identity(id)).kycStatus;
  assert.equal(entries.find(({ provider }: Shown) => provider === 'acme').status, 'pending');
});
