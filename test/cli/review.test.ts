import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type KycApi, passport, person, startKyc } from '../harness/kyc.ts';
import { toPools, toVerification } from '../harness/kyc-ids.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

let api: KycApi;
/** Only where the data are: address and key come from the quickstart's file. */
let settings: Environment;
before(async () => {
  api = await startKyc();
  settings = { SELFSAME_DATA_DIR: api.server.dataDir };
});
after(() => api[Symbol.asyncDispose]());

async function toReview(): Promise<{ id: string; verificationId: string }> {
  const made = await api.create(person({ documents: [passport(await api.uploadFile())] }));
  await api.server.runJob('kyc');
  api.clock.advance(1);
  const { id, kycStatus } = await api.identity(made.id);
  return { id, verificationId: kycStatus[0].verificationId };
}

async function succeed(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await selfsame(settings, ...args);
  assert.deepEqual([code, err], [0, '']);
  return out;
}

test('a case is listed, shown and approved beside a running server', async () => {
  const first = await toReview();
  const second = await toReview();
  const [head = '', ...rows] = (await succeed('review', 'list')).trimEnd().split('\n');
  assert.match(head, /^VERIFICATION\s+PROVIDER\s+TYPE\s+RISK\s+SINCE\s+EXCEPTIONS$/);
  assert.deepEqual(
    rows.map((row) => row.split(' ')[0]),
    [first.verificationId, second.verificationId],
  );

  const page = await succeed('review', 'list', '--size', '1');
  const [, token = ''] = /^More: --after (\S+)$/m.exec(page) ?? [];
  const next = JSON.parse(await succeed('review', 'list', '--after', token, '--json'));
  assert.deepEqual([next.data[0].verificationId, next.next], [second.verificationId, null]);

  const shown = await succeed('review', 'show', first.verificationId);
  for (const line of [/^Status\s+exception since /m, /^Name\s+Ana Silva$/m, /^file_readable\s+\w+/m])
    assert.match(shown, line);
  const [, link = ''] = /^passport frontSide\s+(http\S+)$/m.exec(shown) ?? [];
  assert.equal((await fetch(link)).status, 200);
  const { data } = JSON.parse(await succeed('review', 'show', first.verificationId, '--json'));
  const deciding = ['--revision', `${data.revision}`, '--reviewer', 'Ana'];
  const approved = await succeed('review', 'approve', first.verificationId, ...deciding);
  assert.equal(approved, 'The verification is approved.\n');
  assert.equal((await api.identity(first.id)).identityConfirmed, true);

  const again = await selfsame(settings, 'review', 'approve', first.verificationId);
  assert.deepEqual([again.code, again.out], [1, '']);
  assert.match(again.err, /^The verification is approved and cannot be approved\./);

  const reasons = ['--exceptions', 'forged, blurred', '--block', '--json'];
  const rejected = JSON.parse(await succeed('review', 'reject', second.verificationId, ...reasons));
  assert.deepEqual(rejected.data.exceptions, ['blurred', 'forged']);
  assert.equal((await api.identity(second.id)).blocked, true);
  assert.equal(await succeed('review', 'list'), 'Nothing waits.\n');
});

test('an identity is blocked and unblocked by its id in any spelling', async () => {
  const { id, appId } = await api.create();
  assert.equal(await succeed('identities', 'block', toVerification(id)), 'The identity is blocked.\n');
  assert.equal((await api.identity(id)).blocked, true);
  assert.equal(await succeed('identities', 'unblock', id), 'The identity is unblocked.\n');
  assert.equal((await api.identity(id)).blocked, false);
  const { live } = api.server.quickstart;
  assert.equal(appId, live.app_id);
  await succeed('identities', 'block', toPools(id, live.pool_id));
  assert.equal((await api.identity(id)).blocked, true);
});

test('the key is the one given, and is not sent to a server that quickstart.json does not name', async () => {
  const { secret } = await api.server.createKey({ grants: ['identities:read'] });
  const list = ['review', 'list'];
  for (const [environment, args] of [
    [{ ...settings, SELFSAME_API_KEY: secret }, list],
    [settings, [...list, '--key', secret]],
  ] as const) {
    const { code, err } = await selfsame(environment, ...args);
    assert.deepEqual([code, err], [1, 'The API key does not permit this.\n']);
  }
  const elsewhere = await selfsame(settings, ...list, '--url', api.server.url);
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.err, /^An API key is needed/);
  const key = api.server.quickstart.live.api_key;
  const named = await selfsame({ SELFSAME_API_KEY: key }, ...list, '--url', api.server.url);
  assert.equal(named.code, 0, named.err);
});

test('what makes no sense ends with 2 and asks nobody; a server that does not answer with 1', async () => {
  const id = '01900000-0000-7000-8000-000000000000';
  for (const args of [
    ...[
      ['review', 'show'],
      ['review', 'show', 'x'],
      ['review', 'list', '--size', '101'],
    ],
    ...[
      ['review', 'approve', id, '--revision', 'x'],
      ['review', 'approve', id, '--exceptions', 'x'],
    ],
    ...[
      ['review', 'reject', id, '--exceptions', 'No'],
      ['identities', 'block', 'whatever'],
    ],
    ...[
      ['review', 'list', '--url', 'ftp://x'],
      ['review', 'list', '--url', 'http://example.com', '--key', 'k'],
    ],
  ]) {
    const { code, out, err } = await selfsame(settings, ...args);
    assert.deepEqual([code, out], [2, ''], `${args.join(' ')}: ${err}`);
  }
  const missing = await selfsame(settings, 'review', 'show', id);
  assert.deepEqual([missing.code, missing.err], [1, 'There is no such verification.\n']);
  const nobody = await selfsame(settings, 'review', 'list', '--url', 'http://127.0.0.1:1', '--key', 'k');
  assert.deepEqual([nobody.code, nobody.err], [1, 'http://127.0.0.1:1 does not answer.\n']);
});
