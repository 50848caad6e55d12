import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { CoreError } from '../../core/errors.ts';
import type { KycContext, KycProvider, KycSubmission } from '../../core/kyc/provider.ts';
import { createGuardedClient } from '../net/guarded-client.ts';
import { createHttpProvider } from './http-provider.ts';

const NAME = 'Ana Silva';
const SUBMISSION: KycSubmission = {
  ...{ verificationId: '0190a1b2-0000-7000-8000-000000000001', revision: 1 },
  subject: {
    ...{ type: 'person', name: NAME, birthday: '1990-05-06', gender: 'female' },
    address: { country: 'PT', state: null },
    tax: { country: 'PT', idNumber: '123456789', state: null },
  },
  ...{ documents: [], faceImages: [] },
};
const CONTEXT: KycContext = {
  now: () => new Date(),
  isDocumentOfAnother: async () => false,
  report: async () => assert.fail('nothing comes that way'),
};

/** For services that never answer. */
const HASTY_MS = 200;

/** A provider at a service that does what `listener` does. */
async function providerAt(
  t: TestContext,
  listener: RequestListener,
  timeoutMs = 10_000,
): Promise<KycProvider> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const limits = { timeoutMs, maxResponseBytes: 1000 };
  return createHttpProvider({
    ...{ slug: 'acme', operations: [], secret: 'kycsec_x', callbackUrl: 'https://id.example.com/callback' },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    client: createGuardedClient({ allowPrivate: ['127.0.0.0/8'], ...limits }),
    clock: { now: () => new Date() },
  });
}

/** The whole error holds nothing of the case, nor of the answer. */
async function assertThrows(provider: KycProvider, detail: RegExp): Promise<void> {
  await assert.rejects(provider.submit(SUBMISSION, CONTEXT), (error) => {
    assert.ok(error instanceof CoreError && error.cause === undefined);
    assert.match(error.detail ?? '', detail);
    for (const text of [error.message, error.detail ?? '', error.stack ?? ''])
      assert.ok(!text.includes(NAME));
    return true;
  });
}

test('a service that does not answer, or dribbles, is given up in time', async (t) => {
  await assertThrows(await providerAt(t, () => {}, HASTY_MS), /no complete answer in time/);
  const dribbling = await providerAt(
    t,
    (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    },
    HASTY_MS,
  );
  await assertThrows(dribbling, /no complete answer in time/);
});

test('what is answered is in no error', async (t) => {
  for (const [status, text, detail] of [
    [200, NAME, /not valid: as a whole/],
    [200, '[]', /not valid: as a whole/],
    [200, JSON.stringify({ [NAME]: NAME }), /not valid: as a whole/],
    [200, JSON.stringify({ state: NAME, risk: NAME }), /not valid: state, risk/],
    [200, JSON.stringify({ state: 'approved', checks: [NAME] }), /not valid: checks\.0/],
    [200, ' '.repeat(2000), /more than 1000 bytes/],
    [202, NAME, /not valid: as a whole/],
    [204, '', /answered 204/],
    [400, NAME, /answered 400/],
  ] as const) {
    const provider = await providerAt(t, (_request, response) => response.writeHead(status).end(text));
    await assertThrows(provider, detail);
  }
});

test('an answer is a report whose codes are sorted and each once, or a promise of one', async (t) => {
  const sent = {
    ...{ state: 'exception', exceptions: ['b', 'a', 'b'], risk: 'high', validUntil: '2031-02-28' },
    ...{ checks: [{ code: 'face_match', result: 'skipped', detail: 'no_camera' }], externalRef: 'x-1' },
  };
  const answering = await providerAt(t, (_request, response) => response.end(JSON.stringify(sent)));
  assert.deepEqual(await answering.submit(SUBMISSION, CONTEXT), { ...sent, exceptions: ['a', 'b'] });
  const promising = await providerAt(t, (_request, response) => response.writeHead(202).end('{}'));
  const pending = { state: 'pending', exceptions: [], checks: [], risk: null, externalRef: null };
  assert.deepEqual(await promising.submit(SUBMISSION, CONTEXT), pending);
});
