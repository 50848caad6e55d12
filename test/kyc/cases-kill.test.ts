import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passport, person, type Shown, sendForm } from '../harness/kyc.ts';
import { clusterIsQuiet, createInstallation, poll, type ServerProcess } from '../harness/process.ts';
import { drawSpecimen, pngOf } from './specimen.ts';

// A server is killed while it looks at documents. Another one takes over when the lease of the first is over.

const PEOPLE = 5;
/** How long a claim keeps others away. */
const LEASE_MS = 15 * 60_000;
const LINES = [
  'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<',
  'L898902C36UTO7408122F1204159ZE184226B<<<<<10',
];

async function call({ quickstart }: ServerProcess, method: string, path: string, body?: unknown) {
  const response = await fetch(`${quickstart.url}${path}`, {
    method,
    headers: {
      apikey: quickstart.live.api_key,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const reply: Shown = await response.json();
  assert.equal(response.status, 200, JSON.stringify(reply));
  return reply;
}

/** Somebody whose passport takes a while to be read. */
async function create(server: ServerProcess, shade: number): Promise<void> {
  const { data: form } = await call(server, 'POST', '/presign-url', { filename: 'a.png' });
  const picture = pngOf(drawSpecimen(LINES, { width: 2000, paper: 200 + shade }));
  assert.equal((await sendForm(form, picture)).status, 204);
  const documents = [passport(`${form.url}${form.fields.key}`)];
  const subject = { name: 'Anna Maria Eriksson', birthday: '1974-08-12', documents };
  await call(server, 'POST', '/identities', person(subject));
}

interface Case {
  readonly state: string;
  readonly claim: string | null;
  readonly due_at: Date;
  readonly attempts: number;
  readonly verification_id: string;
}

async function casesOf(server: ServerProcess): Promise<Case[]> {
  await using db = closing(server);
  return (await db.query<Case>('select state, claim, due_at, attempts, verification_id from kyc_cases')).rows;
}

function closing(server: ServerProcess) {
  const db = server.connect();
  return {
    query: <Row>(text: string) => db.query<Row>({ text, parameters: [] }),
    [Symbol.asyncDispose]: () => db.close(),
  };
}

const inHand = (cases: readonly Case[]): Case[] =>
  cases.filter(({ state, claim }) => state === 'pending' && claim !== null);

test('what a killed server was working on is taken over, and decided once', {
  timeout: 180_000,
}, async (t) => {
  const installation = createInstallation(t);
  const first = await installation.start();
  for (let n = 0; n < PEOPLE; n += 1) await create(first, n);
  await poll('the server works on a case', async () => {
    const working = inHand(await casesOf(first));
    return working.length > 0 ? working : null;
  });
  first.child.kill('SIGKILL');
  assert.equal(await first.ended, 'SIGKILL');
  await clusterIsQuiet(first.cluster);

  const killedAtMs = Date.now();
  const second = await installation.start();
  // The second may have begun by now, too: what it has in hand is its own for longer.
  const left = inHand(await casesOf(second)).filter(
    ({ due_at: dueAt }) => dueAt.getTime() <= killedAtMs + LEASE_MS,
  );
  assert.ok(left.length > 0, 'it was killed too late');
  const open = await poll('what nobody had taken is decided', async () => {
    const pending = (await casesOf(second)).filter(({ state }) => state === 'pending');
    return pending.length <= left.length ? pending : null;
  });
  const claims = (cases: readonly Case[]) => cases.map(({ claim }) => claim).sort();
  assert.deepEqual(claims(open), claims(left), 'taken over within the lease of another');
  {
    // A quarter of an hour passes.
    await using db = closing(second);
    await db.query(`update kyc_cases set due_at = due_at - interval '15 minutes' where state = 'pending'`);
  }
  const decided = await poll('the rest is decided', async () => {
    const cases = await casesOf(second);
    return cases.some(({ state }) => state === 'pending') ? null : cases;
  });
  assert.equal(decided.length, PEOPLE);
  assert.deepEqual(new Set(decided.map(({ state }) => state)), new Set(['exception']));
  await using db = closing(second);
  const { rows } = await db.query<{ n: number }>(
    `select count(*) filter (where 'result' = any(a.fields))::integer as n
     from kyc_cases c join audit_entries a on a.subject_id = c.verification_id group by c.verification_id`,
  );
  assert.deepEqual(rows, Array(PEOPLE).fill({ n: 1 }));
});
