import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { clusterIsQuiet, createInstallation, poll, type ServerProcess } from '../harness/process.ts';
import { startReceiver } from '../harness/receiver.ts';

// A server is killed again and again while it sends. What was committed arrives at least once and in order; what was
// not is never heard of.

const ROUNDS = 25;
const WRITERS = 6;
const LIFE_MS_MAX = 1600;
/** A claim of a killed process is over after 40 seconds. */
const SETTLED_SECONDS_MAX = 120;

class Unanswered extends Error {}

async function call(server: ServerProcess, method: string, path: string, body?: unknown) {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${server.quickstart.url}/api/v1/${path}`, {
      method,
      headers: {
        'x-api-key': server.quickstart.live.api_key,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch {
    throw new Unanswered();
  }
  // The database goes down with the server, and a request in between is told so.
  if (response.status === 503 || response.status === 500) throw new Unanswered();
  return { status: response.status, body: JSON.parse(text) };
}

interface Writer {
  readonly id: string;
  next: number;
  readonly acknowledged: string[];
}

/** Changes its identity until the server is gone. No number is used twice, answered or not. */
async function write(server: ServerProcess, writer: Writer): Promise<void> {
  try {
    for (;;) {
      const reference = `${writer.id}-${writer.next}`;
      writer.next += 1;
      const reply = await call(server, 'PATCH', `identities/${writer.id}`, { external_ref: reference });
      assert.equal(reply.status, 200, JSON.stringify(reply.body));
      writer.acknowledged.push(reference);
    }
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
  }
}

/** The references that were committed, of each identity in the order of its changes. */
async function committed(server: ServerProcess): Promise<string[][]> {
  const db = server.connect();
  try {
    const { rows } = await db.query<{ subject_id: string; reference: string }>({
      text: `select subject_id, data ->> 'external_ref' as reference from outbox
             where type = 'identity.updated' order by subject_id, subject_version`,
      parameters: [],
    });
    const bySubject = Map.groupBy(rows, (row) => row.subject_id);
    return [...bySubject.values()].map((of) => of.map(({ reference }) => reference));
  } finally {
    await db.close();
  }
}

test('every committed change is delivered at least once and in order through kill -9, and no other', async (t) => {
  const seed = Number(process.env.SELFSAME_TEST_SEED ?? randomInt(2 ** 31));
  t.diagnostic(`SELFSAME_TEST_SEED=${seed}`);
  let state = seed;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  await using receiver = await startReceiver();
  const installation = createInstallation(t);
  let server = await installation.start();
  const hook = { url: receiver.url, enabled_events: ['identity.updated'] };
  assert.equal((await call(server, 'POST', 'webhooks', hook)).status, 201);
  const writers: Writer[] = [];
  for (let index = 0; index < WRITERS; index += 1) {
    const made = await call(server, 'POST', 'identities', { external_ref: `writer-${index}` });
    writers.push({ id: made.body.id, next: 0, acknowledged: [] });
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const writing = writers.map((writer) => write(server, writer));
    await delay(draw(LIFE_MS_MAX));
    server.child.kill('SIGKILL');
    assert.equal(await server.ended, 'SIGKILL');
    await Promise.all(writing);
    // Every third start finds the old database still going down.
    if (round % 3 !== 0) await clusterIsQuiet(server.cluster);
    server = await installation.start();
  }
  const expected = await committed(server);
  const told = () => {
    const first = [...new Set(receiver.messages.map(({ body }) => body.data.external_ref as string))];
    return Map.groupBy(first, (reference) => reference.split('-')[0] ?? '');
  };
  const count = expected.flat().length;
  await poll(
    'everything arrives',
    () => ([...told().values()].flat().length >= count ? true : null),
    SETTLED_SECONDS_MAX,
  );
  for (const references of expected) {
    assert.deepEqual(
      told().get(references[0]?.split('-')[0] ?? ''),
      references,
      'each, in order, and no other',
    );
  }
  const arrived = new Set([...told().values()].flat());
  for (const { acknowledged } of writers)
    for (const reference of acknowledged) assert.ok(arrived.has(reference));
  t.diagnostic(`${count} changes in ${receiver.messages.length} messages through ${ROUNDS} kills`);
  assert.ok(count > ROUNDS, 'the writers got something done');
  assert.equal(await server.stop(), 0, server.output());
});
