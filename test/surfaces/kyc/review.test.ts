import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  type Body,
  type KycApi,
  newEmail,
  newPicture,
  passport,
  person,
  type Shown,
  startKyc,
} from '../../harness/kyc.ts';
import { toVerification } from '../../harness/kyc-ids.ts';
import { openReplyChecker } from '../../harness/schema.ts';
import type { CallOptions, Reply } from '../../harness/server.ts';

let api: KycApi;
let call: (method: string, path: string, options?: CallOptions) => Promise<Reply>;
before(async () => {
  api = await startKyc();
  const checker = await openReplyChecker(api.server, 'kyc');
  call = async (method, path, options) => {
    const reply = await api.server.call(method, path, options);
    checker.check(method, path, reply);
    return reply;
  };
});
after(() => api[Symbol.asyncDispose]());

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

/** A person whom the built-in provider leaves to a reviewer, with a passport and a face. */
async function toReview(more: Body = {}): Promise<{ id: string; verificationId: string }> {
  const documents = [passport(await api.uploadFile(), { label: 'Mine' })];
  const made = await api.create(person({ documents, faceImages: [await api.uploadFile()], ...more }));
  await api.server.runJob('kyc');
  const { id, kycStatus } = await api.identity(made.id);
  assert.equal(kycStatus[0].status, 'exception', JSON.stringify(kycStatus));
  return { id, verificationId: kycStatus[0].verificationId };
}

async function queue(query = ''): Promise<{ data: Shown[]; next: string | null }> {
  const { status, body, text } = await call('GET', `/review${query}`);
  assert.equal(status, 200, text);
  return body;
}

async function look(verificationId: string): Promise<Shown> {
  const { status, body, text } = await call('GET', `/review/${verificationId}`);
  assert.equal(status, 200, text);
  return body.data;
}

const decide = (verificationId: string, verb: 'approve' | 'reject', body?: unknown) =>
  call('POST', `/review/${verificationId}/${verb}`, body === undefined ? {} : { body });

async function entriesOf(id: string): Promise<Shown[]> {
  const { body } = await api.server.call('GET', `/api/v1/identities/${toVerification(id)}/audit-log`);
  return body.data;
}

describe('GET /review', () => {
  it('lists what waits for a person, the longest first, page by page and each case once', async () => {
    const made: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      made.push((await toReview()).verificationId);
      api.clock.advance(1);
    }
    const all = await queue('?page[size]=100');
    assert.equal(all.next, null);
    const ids = all.data.map(({ verificationId }) => verificationId);
    assert.deepEqual(
      ids.filter((id) => made.includes(id)),
      made,
    );
    const walked: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const page = await queue(`?page[size]=2${after === '' ? '' : `&page[after]=${after}`}`);
      walked.push(...page.data.map(({ verificationId }) => verificationId));
      after = page.next;
    }
    assert.deepEqual(walked, ids);
    const [first] = all.data;
    const { exceptions, since, risk, ...rest } = first;
    assert.ok(exceptions.length > 0);
    assert.ok(['low', 'medium', 'high'].includes(risk));
    assert.equal(new Date(since).toISOString(), since);
    const { verificationId, identityId } = first;
    assert.deepEqual(rest, {
      verificationId,
      identityId,
      provider: 'builtin',
      type: 'person',
      status: 'exception',
    });
  });

  it('lists the cases of one provider, and nothing of one that is not there', async () => {
    await toReview();
    assert.ok((await queue('?provider=builtin')).data.length > 0);
    assert.deepEqual(await queue('?provider=nobody'), { data: [], next: null });
  });

  it('a deleted identity waits for nobody', async () => {
    const { id, verificationId } = await toReview();
    await api.delete(id);
    const { data } = await queue('?page[size]=100');
    assert.ok(!data.some((one) => one.verificationId === verificationId));
    assertRefused(await call('GET', `/review/${verificationId}`), 404, 'verification_not_found');
    assertRefused(await decide(verificationId, 'approve'), 404, 'verification_not_found');
  });

  it('400: refuses every parameter that is wrong, at once', async () => {
    const reply = await call('GET', '/review?page[size]=101&page[after]=x&provider=&sort=since');
    assertInvalid(reply, 'page[size]:format', 'page[after]:format', 'provider:format', 'sort:unknown');
    for (const token of ['W10', 'WzEsMiwzXQ', Buffer.from('[1e99,"x","y"]').toString('base64url')])
      assertInvalid(await call('GET', `/review?page[after]=${token}`), 'page[after]:format');
  });
});

describe('GET /review/:verificationId', () => {
  it('shows checks, data, and a link to each file that works without a key and is in the audit log', async () => {
    const picture = newPicture();
    const face = newPicture();
    const documents = [passport(await api.uploadFile(picture), { label: 'Mine' })];
    const faceImages = [await api.uploadFile(face)];
    const { id, verificationId } = await toReview({ documents, faceImages });
    const shown = await look(verificationId);
    assert.deepEqual(
      [shown.verificationId, shown.identityId, shown.status, shown.decidedBy],
      [verificationId, id, 'exception', null],
    );
    assert.ok(shown.checks.some((check: Shown) => check.code === 'mrz_check_digits'));
    for (const { result } of shown.checks) assert.ok(['passed', 'failed', 'skipped'].includes(result));
    const { documents: _documents, ...identity } = await api.identity(id);
    assert.deepEqual(shown.identity, identity);
    const [document] = shown.documents;
    assert.deepEqual([document.type, document.side, document.label], ['passport', 'frontSide', 'Mine']);
    for (const [{ link }, bytes] of [
      [document, picture],
      [shown.faceImages[0], face],
    ] as const) {
      const opened = await fetch(link);
      assert.equal(opened.status, 200);
      assert.ok(bytes.equals(Buffer.from(await opened.arrayBuffer())));
    }
    const [entry] = await entriesOf(id);
    assert.equal(entry.type, 'api.identity.view');
    assert.deepEqual(entry.metadata.changed_fields, [
      `documents.${document.id}`,
      `faceImages.${shown.faceImages[0].id}`,
    ]);
    api.clock.advance(900);
    assert.equal((await fetch(document.link)).status, 403);
  });

  it('400 for what is no UUID, 404 for what is not there or another pool’s', async () => {
    const { verificationId } = await toReview();
    assertInvalid(await call('GET', '/review/x?y=1'), 'verificationId:format', 'y:unknown');
    assertRefused(await call('GET', `/review/${UNKNOWN}`), 404, 'verification_not_found');
    const key = api.server.quickstart.sandbox.api_key;
    assertRefused(await call('GET', `/review/${verificationId}`, { key }), 404, 'verification_not_found');
  });
});

describe('POST /review/:verificationId/approve', () => {
  it('approves everywhere: kyc, verification, operations and the lock', async () => {
    const { id, verificationId } = await toReview();
    const { revision } = await look(verificationId);
    const reply = await decide(verificationId, 'approve', { revision, reviewer: 'Ana Reviewer' });
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual([reply.body.data.status, reply.body.data.exceptions], ['approved', []]);
    const identity = await api.identity(id);
    assert.equal(identity.identityConfirmed, true);
    assert.equal(identity.kycStatus[0].status, 'approved');
    const { body } = await api.server.call('GET', `/api/v1/identities/${toVerification(id)}`);
    assert.equal(body.status, 'approved');
    assertRefused(await api.patch(id, { name: 'Somebody Else' }), 422, 'identity_already_confirmed');
    const { data } = await queue('?page[size]=100');
    assert.ok(!data.some((one) => one.verificationId === verificationId));
  });

  it('the audit log shows the key; the reviewer’s name is sealed, and shown with the case', async () => {
    const { id, verificationId } = await toReview();
    await decide(verificationId, 'approve', { reviewer: 'Zoë Unmistakable' });
    const { decidedBy } = await look(verificationId);
    assert.equal(decidedBy.reviewer, 'Zoë Unmistakable');
    assert.ok(api.server.quickstart.live.api_key.startsWith(decidedBy.key));
    const entries = await entriesOf(id);
    const decision = entries.find(({ type }) => type === 'api.session.complete');
    assert.equal(decision.actor, `api_key:${decidedBy.key}`);
    const rows = await api.server.sql<{ row: string }>('select a::text as row from audit_entries a');
    const events = await api.server.sql<{ row: string }>('select o::text as row from outbox o');
    for (const { row } of [...rows, ...events]) assert.ok(!row.includes('Unmistakable'));
    assert.ok(!api.server.logs().includes('Unmistakable'));
  });

  it('keeps until when the evidence holds', async () => {
    const { id, verificationId } = await toReview();
    await api.server.sql(`update kyc_cases set valid_until = '2099-01-31' where identity_id = $1::uuid`, [
      id,
    ]);
    const { body } = await decide(verificationId, 'approve');
    assert.equal(body.data.validUntil, '2099-01-31');
  });

  it('turns a rejection, and blocks where it is asked to', async () => {
    const { id, verificationId } = await toReview();
    assert.equal((await decide(verificationId, 'reject')).status, 200);
    assert.equal((await decide(verificationId, 'approve', { block: true })).status, 200);
    const { blocked, kycStatus } = await api.identity(id);
    assert.deepEqual([blocked, kycStatus[0].status], [true, 'approved']);
  });

  it('409 when it is decided, or the data were changed since', async () => {
    const { id, verificationId } = await toReview();
    const { revision } = await look(verificationId);
    const stale = await decide(verificationId, 'approve', { revision: revision + 1 });
    assertRefused(stale, 409, 'conflict');
    await decide(verificationId, 'approve');
    assertRefused(await decide(verificationId, 'approve'), 409, 'conflict');
    assertRefused(await decide(verificationId, 'reject'), 409, 'conflict');
    assert.equal((await api.identity(id)).kycStatus[0].status, 'approved');
  });

  it('a change of the data opens another verification, and the former is not there to decide', async () => {
    const { id, verificationId } = await toReview();
    await api.patch(id, { name: 'Ana Maria Silva' });
    assertRefused(await decide(verificationId, 'approve'), 404, 'verification_not_found');
    const { kycStatus } = await api.identity(id);
    const waiting = await decide(kycStatus[0].verificationId, 'approve');
    assertRefused(waiting, 409, 'conflict');
  });

  it('of decisions at once exactly one counts', async () => {
    // One after the other: a case that the job of one has in hand is not done when the job of another is.
    const waiting: Awaited<ReturnType<typeof toReview>>[] = [];
    while (waiting.length < 10) waiting.push(await toReview());
    // All cases at once, so that decisions on one of them overlap in every way.
    const statuses = await Promise.all(
      waiting.map(async ({ verificationId }) => {
        const replies = await Promise.all(Array.from({ length: 8 }, () => decide(verificationId, 'approve')));
        return replies.map(({ status }) => status).sort();
      }),
    );
    for (const ofCase of statuses) assert.deepEqual(ofCase, [200, ...Array(7).fill(409)]);
  });

  it('400: refuses everything that is wrong with the body, at once', async () => {
    const { verificationId } = await toReview();
    const wrong = { revision: -1, block: 'yes', reviewer: '', exceptions: [], more: 1 };
    const fields = ['revision:type', 'block:type', 'reviewer:length'];
    assertInvalid(
      await decide(verificationId, 'approve', wrong),
      ...fields,
      'exceptions:unknown',
      'more:unknown',
    );
    const nulls = { revision: null, block: null, reviewer: null };
    assertInvalid(
      await decide(verificationId, 'approve', nulls),
      'revision:null',
      'block:null',
      'reviewer:null',
    );
    const long = { reviewer: 'x'.repeat(101), revision: 1.5 };
    assertInvalid(await decide(verificationId, 'approve', long), 'reviewer:length', 'revision:type');
  });
});

describe('POST /review/:verificationId/reject', () => {
  it('rejects on both surfaces, with the reasons given', async () => {
    const { id, verificationId } = await toReview();
    const exceptions = ['document_forged', 'another_reason', 'document_forged'];
    const { status, body } = await decide(verificationId, 'reject', { exceptions });
    assert.equal(status, 200);
    assert.deepEqual(body.data.exceptions, ['another_reason', 'document_forged']);
    const identity = await api.identity(id);
    assert.deepEqual(identity.kycStatus[0].exceptions, ['another_reason', 'document_forged']);
    assert.equal(identity.identityConfirmed, false);
    const seen = await api.server.call('GET', `/api/v1/identities/${toVerification(id)}`);
    assert.equal(seen.body.status, 'rejected');
  });

  it('without reasons keeps those that were found, but not that a person was to look', async () => {
    const { verificationId } = await toReview();
    const { exceptions } = await look(verificationId);
    const { body } = await decide(verificationId, 'reject');
    assert.deepEqual(
      body.data.exceptions,
      exceptions.filter((code: string) => code !== 'manual_review_required'),
    );
  });

  it('400: codes are codes, at most 20', async () => {
    const { verificationId } = await toReview();
    const codes = ['Ok', '1st', 'x'.repeat(65), 'fine', 7];
    const fields = [0, 1, 2].map((index) => `exceptions[${index}]:format`);
    assertInvalid(
      await decide(verificationId, 'reject', { exceptions: codes }),
      ...fields,
      'exceptions[4]:type',
    );
    const many = Array.from({ length: 21 }, (_, index) => `code${index}`);
    assertInvalid(await decide(verificationId, 'reject', { exceptions: many }), 'exceptions:length');
  });
});

describe('the grant `review`', () => {
  it('opens the queue and nothing else does', async () => {
    const { id, verificationId } = await toReview();
    const reviewer = (await api.server.createKey({ grants: ['review'] })).secret;
    const other = (await api.server.createKey({ grants: ['identities:read', 'identities:write', 'account'] }))
      .secret;
    const routes = [
      ['GET', '/review'],
      ['GET', `/review/${verificationId}`],
      ['POST', `/review/${verificationId}/approve`],
      ['POST', `/review/${verificationId}/reject`],
      ['POST', `/review/identities/${id}/block`],
      ['POST', `/review/identities/${id}/unblock`],
    ] as const;
    for (const [method, path] of routes)
      assertRefused(await call(method, path, { key: other }), 403, 'forbidden');
    assert.equal((await call('GET', '/review', { key: reviewer })).status, 200);
    assert.equal((await call('GET', `/identities/${id}`, { key: reviewer })).status, 403);
    assert.equal((await decideAs(verificationId, reviewer)).status, 200);
  });

  const decideAs = (verificationId: string, key: string) =>
    call('POST', `/review/${verificationId}/approve`, { key });
});

describe('POST /review/identities/:id/block and /unblock', () => {
  it('a block holds on every surface until it is lifted, and each is in the audit log once', async () => {
    const { id } = await api.create();
    const { status, body } = await call('POST', `/review/identities/${id}/block`);
    assert.deepEqual([status, body.data.blocked, body.data.id], [200, true, id]);
    await call('POST', `/review/identities/${id}/block`);
    assert.deepEqual((await api.list(`filter[blocked]=true&filter[id]=${id}`)).ids, [id]);
    assert.equal((await call('POST', `/review/identities/${id}/unblock`)).body.data.blocked, false);
    const types = (await entriesOf(id)).map(({ type }) => type);
    assert.equal(types.filter((type) => type === 'api.identity.block').length, 1);
    assert.equal(types.filter((type) => type === 'api.identity.unblock').length, 1);
  });

  it('a blocked identity is not sent to a provider before the block is lifted, and then at once', async () => {
    const { id } = await api.create();
    await call('POST', `/review/identities/${id}/block`);
    await api.server.runJob('kyc');
    assert.equal((await api.identity(id)).kycStatus[0].status, 'pending');
    await call('POST', `/review/identities/${id}/unblock`);
    await api.server.runJob('kyc');
    assert.equal((await api.identity(id)).kycStatus[0].status, 'exception');
  });

  it('the e-mail of a blocked identity stays reserved when it is deleted (R8)', async () => {
    const email = newEmail();
    const { id } = await api.create(person({ email }));
    await call('POST', `/review/identities/${id}/block`);
    await api.delete(id);
    assertRefused(await api.post(person({ email })), 400, 'email_already_in_use');
  });

  it('400 for what is no UUID, 404 for what is not there', async () => {
    assertInvalid(await call('POST', '/review/identities/x/block'), 'id:format');
    assertRefused(await call('POST', `/review/identities/${UNKNOWN}/unblock`), 404, 'identity_not_found');
  });
});
