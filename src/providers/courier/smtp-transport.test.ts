import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { MessageId, OutgoingMessage } from '../../core/courier/ports.ts';
import { createSmtpTransport, type SmtpOptions } from './smtp-transport.ts';

// Made for this test, for the name localhost, until 2120; it protects nothing.
const TLS_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxob0qCkQ1VLMP0HV
0tVFkK8tKEyX1UG47L3xr0WugTmhRANCAAThCB6RiV+NLVI0fAp/cZ0SRXUNRqVJ
qntQTpO8Tpv7Cc8NJoe3pHYorSPJDBgeyon32l0onZHDJ6WiGomW+TCT
-----END PRIVATE KEY-----`;
const TLS_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBcDCCARegAwIBAgIBATAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFtYWlsLmV4
YW1wbGUudGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowHDEa
MBgGA1UEAwwRbWFpbC5leGFtcGxlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAThCB6RiV+NLVI0fAp/cZ0SRXUNRqVJqntQTpO8Tpv7Cc8NJoe3pHYorSPJ
DBgeyon32l0onZHDJ6WiGomW+TCTo0gwRjAPBgNVHRMBAf8EBTADAQH/MBQGA1Ud
EQQNMAuCCWxvY2FsaG9zdDAdBgNVHQ4EFgQU5TjqJHmZw6EMWk2y678mtJnYmSsw
CgYIKoZIzj0EAwIDRwAwRAIgK2PtIpO68yebbW2eJd8Cm/QX7As1FXFXoC62n0uJ
jucCIDB0GLA+7LwzonqsWrEVozayi/NeI2g8WxJL3NVX6f9V
-----END CERTIFICATE-----`;

const MESSAGE: OutgoingMessage = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057' as MessageId,
  ...{ type: 'email', templateType: 'login_code_valid', recipient: 'jo@example.com' },
  ...{ subject: 'Prénom, Ihr Code', text: 'Your code: 904417\n', html: '<p>904417</p>', code: '904417' },
  createdAt: new Date(0),
};

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly user: string | undefined;
  readonly isSecure: boolean;
}

const { signal } = new AbortController();
const close: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of close.splice(0)) await one();
});

/** A server that keeps what it is sent. */
async function startServer(options: SMTPServerOptions = {}): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    ...{ key: TLS_KEY, cert: TLS_CERTIFICATE, authOptional: true, logger: false },
    onAuth: ({ username, password }, _session, callback) =>
      password === 'pässword' ? callback(null, { user: username }) : callback(new Error('no')),
    onData(stream, { envelope, user, secure }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        received.push({
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          user: user === undefined ? undefined : String(user),
          isSecure: secure,
        });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  close.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  return { port, received };
}

function send(options: Partial<SmtpOptions>, changes: Partial<OutgoingMessage> = {}, until = signal) {
  const transport = createSmtpTransport({
    ...{
      url: 'smtp://localhost:1',
      from: 'Example <no-reply@example.com>',
      tls: 'required',
      ca: TLS_CERTIFICATE,
    },
    ...options,
  });
  return transport.send({ ...MESSAGE, ...changes }, until);
}

/** A refusal as a server says it. */
function refusal(responseCode: number): Error {
  return Object.assign(new Error('jo@example.com is not here'), { responseCode });
}

test('a message arrives with text and HTML, from and to whom it says, under the same id each time', async () => {
  const { port, received } = await startServer();
  const url = `smtp://localhost:${port}`;
  assert.deepEqual([await send({ url }), await send({ url })], ['sent', 'sent']);
  const [first, again] = received;
  assert.deepEqual(
    [first?.from, first?.to, first?.isSecure],
    ['no-reply@example.com', ['jo@example.com'], true],
  );
  const raw = first?.raw ?? '';
  for (const line of [
    /^From: Example <no-reply@example.com>\r$/m,
    /^To: jo@example.com\r$/m,
    /^Message-ID: <01890a5d-ac96-774b-bcce-b302099a8057@example.com>\r$/m,
    /^Auto-Submitted: auto-generated\r$/m,
    /^Your code: 904417\r$/m,
    /^<p>904417<\/p>/m,
  ]) {
    assert.match(raw, line);
    assert.match(again?.raw ?? '', line);
  }
});

test('user and password go over an encrypted connection, by STARTTLS or from the start', async () => {
  const auth = 'a%40b:p%C3%A4ssword@';
  const byStartTls = await startServer({ authOptional: false });
  assert.equal(await send({ url: `smtp://${auth}localhost:${byStartTls.port}` }), 'sent');
  const fromTheStart = await startServer({ authOptional: false, secure: true });
  assert.equal(await send({ url: `smtps://${auth}localhost:${fromTheStart.port}` }), 'sent');
  for (const { received } of [byStartTls, fromTheStart]) {
    assert.deepEqual([received[0]?.user, received[0]?.isSecure], ['a@b', true]);
  }
});

test('where encryption is required, nothing is said to a server without it, nor to one that cannot prove its name', async () => {
  let asked = 0;
  const onAuth: NonNullable<SMTPServerOptions['onAuth']> = (_auth, _session, callback) => {
    asked += 1;
    callback(null, { user: 'x' });
  };
  const disabledCommands = ['STARTTLS'];
  const plain = await startServer({ onAuth, disabledCommands, allowInsecureAuth: true });
  assert.equal(await send({ url: `smtp://a:b@localhost:${plain.port}` }), 'retry');
  const unproved = await startServer({ onAuth });
  const url = `smtp://a:b@localhost:${unproved.port}`;
  const transport = createSmtpTransport({ url, from: 'no-reply@example.com', tls: 'required' });
  assert.equal(await transport.send(MESSAGE, signal), 'retry');
  const byAddress = `smtp://a:b@127.0.0.1:${unproved.port}`;
  assert.equal(await send({ url: byAddress }), 'retry');
  assert.deepEqual([asked, plain.received.length, unproved.received.length], [0, 0, 0]);
  assert.equal(await send({ url: `smtp://localhost:${plain.port}`, tls: 'off' }), 'sent');
});

describe('what a server says', () => {
  const cases: [string, SMTPServerOptions, string][] = [
    ['an unknown recipient', { onRcptTo: (_a, _s, callback) => callback(refusal(550)) }, 'refused'],
    ['a full mailbox', { onRcptTo: (_a, _s, callback) => callback(refusal(452)) }, 'retry'],
    ['a sender that it does not know', { onMailFrom: (_a, _s, callback) => callback(refusal(550)) }, 'retry'],
    ['a busy server', { onConnect: (_s, callback) => callback(refusal(421)) }, 'retry'],
    [
      'a message that it will not have',
      {
        onData(stream, _session, callback) {
          stream.resume();
          stream.on('end', () => callback(refusal(554)));
        },
      },
      'refused',
    ],
    [
      'a message that it cannot take now',
      {
        onData(stream, _session, callback) {
          stream.resume();
          stream.on('end', () => callback(refusal(451)));
        },
      },
      'retry',
    ],
  ];
  for (const [name, options, outcome] of cases) {
    test(`${name}: ${outcome}`, async () => {
      const { port } = await startServer(options);
      assert.equal(await send({ url: `smtp://localhost:${port}` }), outcome);
    });
  }
  test('a wrong password: retry, because it may be set right', async () => {
    const { port } = await startServer({ authOptional: false });
    assert.equal(await send({ url: `smtp://a:wrong@localhost:${port}` }), 'retry');
  });
});

test('nobody there: retry; a server that says nothing is left when the signal comes', async () => {
  assert.equal(await send({ url: 'smtp://localhost:1' }), 'retry');
  const reached = Promise.withResolvers<void>();
  const silent = createServer((socket) => {
    socket.on('error', () => {});
    reached.resolve();
  });
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve);
  });
  close.push(() => new Promise((resolve) => silent.close(resolve)));
  const abort = new AbortController();
  const sending = send(
    { url: `smtp://localhost:${(silent.address() as AddressInfo).port}` },
    {},
    abort.signal,
  );
  await reached.promise;
  abort.abort();
  assert.equal(await sending, 'retry');
});

test('what would become a header is refused, and no second recipient is ever named', async () => {
  const { port, received } = await startServer();
  const url = `smtp://localhost:${port}`;
  const bad: Partial<OutgoingMessage>[] = [
    { subject: 'A\r\nBcc: other@example.com' },
    { recipient: 'jo@example.com\nBcc: other@example.com' },
    { recipient: 'jo@example.com\u2028' },
  ];
  for (const changes of bad) assert.equal(await send({ url }, changes), 'refused');
  await send({ url }, { recipient: 'jo@example.com, other@example.com' });
  assert.ok(received.every(({ to }) => !to.includes('other@example.com')));
});

test('nothing in a message makes the server read a file', async () => {
  const { port, received } = await startServer();
  const html = `<img src="file:///etc/passwd"><img src="${import.meta.filename}">`;
  assert.equal(await send({ url: `smtp://localhost:${port}` }, { html, text: import.meta.filename }), 'sent');
  assert.ok(!received[0]?.raw.includes('BEGIN PRIVATE KEY'));
});
