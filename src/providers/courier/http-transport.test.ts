import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { MessageId, OutgoingMessage } from '../../core/courier/ports.ts';
import { createGuardedClient } from '../net/guarded-client.ts';
import { createHttpTransport } from './http-transport.ts';

const MESSAGE: OutgoingMessage = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057' as MessageId,
  ...{ type: 'sms', templateType: 'login_code_valid', recipient: '+15550102030', subject: '' },
  ...{ text: 'Your code is 904417.', html: null, code: '904417' },
  createdAt: new Date(0),
};

let answer: { status: number; body: string } | null = { status: 200, body: '' };
const requests: { headers: IncomingHttpHeaders; body: unknown }[] = [];
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  requests.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
  if (answer === null) return;
  response.writeHead(answer.status, { location: '/elsewhere' });
  response.end(answer.body);
});
before(
  () =>
    new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    }),
);
after(() => {
  server.closeAllConnections();
  server.close();
});

function send(authorization: string | null = null, { timeoutMs = 5000, allowPrivate = true } = {}) {
  const client = createGuardedClient({ allowPrivate, timeoutMs, maxResponseBytes: 1024 });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms?x=1`;
  return createHttpTransport({ url, from: 'Example', authorization, client }).send(
    MESSAGE,
    new AbortController().signal,
  );
}

test('a message is posted as JSON, with its id to tell a repetition by, and nothing that is not for the service', async () => {
  assert.equal(await send('Bearer t0k'), 'sent');
  const last = requests.at(-1);
  assert.deepEqual(last?.body, {
    ...{ to: '+15550102030', from: 'Example', body: 'Your code is 904417.' },
    ...{ template: 'login_code_valid', id: MESSAGE.id },
  });
  assert.deepEqual(
    [last?.headers.authorization, last?.headers['idempotency-key'], last?.headers['content-type']],
    ['Bearer t0k', MESSAGE.id, 'application/json'],
  );
  await send();
  assert.equal(requests.at(-1)?.headers.authorization, undefined);
});

test('2xx is sent, what is wrong with the message is refused, anything else is tried again', async () => {
  const cases = { 200: 'sent', 202: 'sent', 302: 'retry', 400: 'refused', 401: 'retry', 403: 'retry' };
  const more = { 404: 'refused', 408: 'retry', 422: 'refused', 429: 'retry', 500: 'retry', 503: 'retry' };
  for (const [status, outcome] of Object.entries({ ...cases, ...more })) {
    answer = { status: Number(status), body: '' };
    assert.equal(await send(), outcome, status);
  }
});

test('a long answer is not read to its end, and no answer is not waited for', async () => {
  answer = { status: 200, body: 'x'.repeat(10_000_000) };
  assert.equal(await send(), 'sent');
  answer = null;
  assert.equal(await send(null, { timeoutMs: 50 }), 'retry');
});

test('an address that may not be called is not called', async () => {
  const before = requests.length;
  assert.equal(await send(null, { allowPrivate: false }), 'retry');
  assert.equal(requests.length, before);
});
