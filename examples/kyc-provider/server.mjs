// A KYC provider for Selfsame in plain Node: takes cases, looks at their files, reports what it makes of them.
// The contract is docs/kyc-provider.md. What is decided here is only an example: replace `decide`.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const { SELFSAME_KYC_SECRET: secret = '', PORT = '8090', DECIDE_AFTER_MS = '1000' } = process.env;
if (secret === '') throw new Error('SELFSAME_KYC_SECRET is missing: `selfsame kyc provider set` prints it.');

const TOLERANCE_SECONDS = 300;
const BODY_BYTES_MAX = 1024 * 1024;
const RETRY_SECONDS = [1, 10, 60, 600];
/** Cases by what we call them; a case that is sent once more, unchanged, is the same one. */
const cases = new Map();

/** What we make of a case. Files are compared with their digests, so that nobody gives us another one. */
async function decide({ documents }) {
  if (documents.length === 0) return { state: 'exception', exceptions: ['missing_document'] };
  for (const { url, sha256 } of documents) {
    const file = await fetch(url);
    const bytes = Buffer.from(await file.arrayBuffer());
    if (!file.ok || createHash('sha256').update(bytes).digest('hex') !== sha256)
      return { state: 'exception', exceptions: ['unreadable_document'] };
  }
  return { state: 'approved', risk: 'low', checks: [{ code: 'file_readable', result: 'passed' }] };
}

function digestOf(seconds, body) {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
}

/** Ours is signed as theirs is: the second and the raw body. */
function sign(body) {
  const seconds = Math.floor(Date.now() / 1000);
  return `t=${seconds},v1=${digestOf(seconds, body).toString('hex')}`;
}

function isFromSelfsame(header, body) {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (t === undefined || Math.abs(Date.now() / 1000 - Number(t)) > TOLERANCE_SECONDS) return false;
  return timingSafeEqual(digestOf(t, body), Buffer.from(v1, 'hex'));
}

/** Until it is taken: 204, whether or not it still counts. The address came in a signed case, so it is Selfsame's. */
async function report({ verificationId, revision, callbackUrl, externalRef }, verdict) {
  const body = JSON.stringify({ verificationId, revision, externalRef, ...verdict });
  for (const seconds of [...RETRY_SECONDS, null]) {
    const headers = { 'content-type': 'application/json', 'x-selfsame-signature': sign(body) };
    const status = await fetch(callbackUrl, { method: 'POST', headers, body }).then(
      (reply) => reply.status,
      () => 0,
    );
    if (status === 204) return;
    // Never what was sent: it is about a person.
    console.error(`verdict on ${externalRef} not taken: ${status}`);
    if (seconds === null || status === 400) return;
    await delay(seconds * 1000);
  }
}

async function work(externalRef) {
  await delay(Number(DECIDE_AFTER_MS));
  const case_ = cases.get(externalRef);
  if (case_ === undefined) return;
  await report(case_, await decide(case_));
  cases.delete(externalRef);
}

/** @returns Status and reply. */
function take(message) {
  if (message.type === 'case.cancelled') {
    cases.delete(message.externalRef);
    return [204];
  }
  if (message.type !== 'case.submitted') return [400];
  const externalRef = `${message.verificationId}.${message.revision}`;
  if (!cases.has(externalRef)) {
    cases.set(externalRef, { ...message, externalRef });
    work(externalRef).catch((error) => console.error(`case ${externalRef} failed: ${error.name}`));
  }
  return [202, { externalRef }];
}

async function readBody(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > BODY_BYTES_MAX) throw new RangeError('too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const server = createServer(async (request, response) => {
  try {
    const body = await readBody(request);
    const isTrue = request.method === 'POST' && isFromSelfsame(request.headers['x-selfsame-signature'], body);
    const [status, reply] = isTrue ? take(JSON.parse(body)) : [401];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(reply === undefined ? undefined : JSON.stringify(reply));
  } catch {
    response.writeHead(400).end();
  }
});
server.listen(Number(PORT), () => console.log(`listening on ${server.address().port}`));
