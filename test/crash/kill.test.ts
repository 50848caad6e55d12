import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { email, marker } from '../harness/matrix.ts';
import { clusterIsQuiet, createInstallation, type ServerProcess } from '../harness/process.ts';

// A server is killed again and again while others write to it. What it acknowledged must be there exactly; what it
// did not may be there, but whole.

const ROUNDS = 25;
const WRITERS = 6;
const LIFE_MS_MAX = 400;

interface Details {
  readonly id: string;
  readonly status: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly factors: readonly { readonly value: string }[];
  readonly last_seen: { readonly at: number } | null;
}

/** One identity as its only writer knows it. */
interface Known {
  acknowledged: Details;
  /** Sent and not answered: what the identity may look like by now. */
  pending: ((details: Details) => boolean) | null;
}

/** A create that was sent and not answered. */
interface Attempt {
  readonly key: string;
  readonly body: unknown;
}

const seed = Number(process.env.SELFSAME_TEST_SEED ?? randomInt(2 ** 31));
let state = seed;
/** A small generator of our own, so that a seed repeats the choices. */
function draw(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

class Unanswered extends Error {}

async function call(server: ServerProcess, method: string, path: string, body?: unknown, key?: string) {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${server.quickstart.url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.quickstart.live.api_key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
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

const known = new Map<string, Known>();
const unanswered: Attempt[] = [];

/** Writes until the server is gone, to identities that nobody else writes to. */
async function write(server: ServerProcess, own: Known[]): Promise<void> {
  try {
    for (;;) {
      const open = own.filter(({ acknowledged }) => acknowledged.status === 'extant');
      const chosen = open[draw(Math.max(open.length, 1))];
      if (chosen === undefined || draw(3) === 0) await create(server, own);
      else await change(server, chosen);
    }
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
  }
}

async function create(server: ServerProcess, own: Known[]): Promise<void> {
  const { pool_id: poolId } = server.quickstart.live;
  const factors = [
    { name: 'email', type: 'email', value: email() },
    { name: 'backup', type: 'email', value: email() },
  ];
  const attempt = { key: marker(), body: { pool_id: poolId, factors, metadata: { n: marker() } } };
  unanswered.push(attempt);
  const reply = await call(server, 'POST', 'identity', attempt.body, attempt.key);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  unanswered.splice(unanswered.indexOf(attempt), 1);
  own.push(adopt(reply.body.details));
}

function adopt(details: Details): Known {
  assert.ok(!known.has(details.id));
  const one: Known = { acknowledged: details, pending: null };
  known.set(details.id, one);
  return one;
}

async function change(server: ServerProcess, one: Known): Promise<void> {
  const path = `identity/${one.acknowledged.id}`;
  const kind = draw(10);
  let reply: Awaited<ReturnType<typeof call>>;
  if (kind === 0) {
    one.pending = (found) => found.status === 'deleted';
    reply = await call(server, 'DELETE', path);
  } else if (kind < 4) {
    const ip = `203.0.113.${draw(256)}`;
    one.pending = (found) => found.last_seen !== null;
    reply = await call(server, 'POST', `${path}/interaction`, { remote_ip: ip });
  } else {
    const [value, note] = [email(), marker()];
    one.pending = (found) =>
      found.metadata.n === note && found.factors.some((factor) => factor.value === value);
    const factors = [{ name: 'email', type: 'email', value }];
    reply = await call(server, 'PUT', path, { factors, metadata: { n: note } });
  }
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  one.acknowledged = reply.body.details;
  one.pending = null;
}

/** Reads back everything; what was not acknowledged is settled from then on. */
async function verify(server: ServerProcess): Promise<void> {
  const waiting = [...known.values()];
  const reader = async () => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const { status, body } = await call(server, 'GET', `identity/${one.acknowledged.id}`);
      assert.equal(status, 200, JSON.stringify(body));
      const isPending = one.pending?.(body.details) === true;
      if (!isPending) assert.deepEqual(body.details, one.acknowledged);
      one.acknowledged = body.details;
      one.pending = null;
    }
  };
  await Promise.all(Array.from({ length: 8 }, reader));
  // Sent again under its key, a create is either replayed or made now; never refused, never made twice.
  for (const { key, body } of unanswered.splice(0)) {
    const reply = await call(server, 'POST', 'identity', body, key);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    const again = await call(server, 'POST', 'identity', body, key);
    assert.equal(again.body.details.id, reply.body.details.id);
    adopt(reply.body.details);
  }
}

/** Each of these queries finds the halves of something that should be whole. */
const HALVES = {
  'a record without its data key': `
    select i.id from identities i left join identity_keys k on k.pool_id = i.pool_id and k.identity_id = i.id
    where k.identity_id is null or i.profile is null`,
  'a data key without its record': `
    select k.identity_id from identity_keys k
    left join identities i on i.pool_id = k.pool_id and i.id = k.identity_id where i.id is null`,
  'a version that is not the number of its audit entries': `
    select i.id from identities i
    where i.version <> (select count(*) from audit_entries a where a.pool_id = i.pool_id and a.subject_id = i.id)`,
  'audit entries and events that differ': `
    (select pool_id, at, action, subject_id, fields from audit_entries
     except all select pool_id, at, type, subject_id, fields from outbox)
    union all
    (select pool_id, at, type, subject_id, fields from outbox
     except all select pool_id, at, action, subject_id, fields from audit_entries)`,
  'an extant identity without exactly one identifier, or a closed one with any': `
    select i.id from identities i
    where (select count(*) from identifiers f where f.pool_id = i.pool_id and f.identity_id = i.id)
      <> (case when i.is_open then 1 else 0 end)`,
  'a last interaction without its box, or the other way round': `
    select id from identities where (seen is null) <> (last_seen_at is null)`,
  'totals that are not the counts': `
    select * from (
      select 'identities' as name, count(*) as n from identities
      union all select 'closed', count(*) from identities where not is_open
      union all select 'seen', count(*) from identities where seen is not null
      union all select 'seen_closed', count(*) from identities where seen is not null and not is_open
      union all select 'factor:email', count(*) from identities where is_open) counted
    where n <> coalesce((select sum(t.n) from tallies t where t.name = counted.name), 0)`,
  'a kept reply whose identity is not there': `
    select r.digest from idempotent_replies r
    where not exists (select 1 from identities i where i.id = r.sealed_for_identity)`,
};

async function findHalves(server: ServerProcess): Promise<void> {
  const db = server.connect();
  try {
    for (const [what, text] of Object.entries(HALVES)) {
      const { rows } = await db.query({ text, parameters: [] });
      assert.deepEqual(rows, [], what);
    }
    const { rows } = await db.query<{ n: number }>({
      text: 'select count(*)::integer as n from identities',
      parameters: [],
    });
    assert.equal(rows[0]?.n, known.size, 'there are exactly the identities that were made');
  } finally {
    await db.close();
  }
}

test('what was acknowledged survives kill -9, and nothing is ever half there', async (t) => {
  t.diagnostic(`SELFSAME_TEST_SEED=${seed}`);
  const installation = createInstallation(t);
  let server = await installation.start();
  const first = server.quickstart;
  const owned = Array.from({ length: WRITERS }, (): Known[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    const writers = owned.map((own) => write(server, own));
    await delay(draw(LIFE_MS_MAX));
    server.child.kill('SIGKILL');
    assert.equal(await server.ended, 'SIGKILL');
    await Promise.all(writers);
    // Every third start finds the old database still going down.
    if (round % 3 !== 0) await clusterIsQuiet(server.cluster);
    server = await installation.start();
    assert.deepEqual({ ...server.quickstart, url: '' }, { ...first, url: '' });
    await verify(server);
    await findHalves(server);
  }
  t.diagnostic(`${known.size} identities through ${ROUNDS} kills`);
  assert.ok(known.size > ROUNDS, 'the writers got something done');
  assert.equal(await server.stop(), 0, server.output());
  await clusterIsQuiet(server.cluster);
});
