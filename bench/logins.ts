import { availableParallelism } from 'node:os';
import type { Figure, Run } from './kit/figure.ts';
import { median } from './kit/figure.ts';
import { FIRST_ID, message } from './kit/load-generator.ts';
import { type Load, startBareLogins, startHashes, startLoad } from './kit/processes.ts';
import { type Installation, install, openSite } from './kit/site.ts';

const PEOPLE = 200;
const PASSWORD = 'Correct-horse-battery-9';
const CORES = availableParallelism();
/** So that some always wait to be hashed. */
const LOGINS_AT_ONCE = CORES * 4;
/** More than a process hashes in the second and a half that it lets them wait. */
const OVERLOAD = 256;
const WHOAMI_CONNECTIONS = 4;

/**
 * Logins with a password, each a new flow and its submit: against the bare hash function on as many cores, in turn, and
 * against a bare `node:http` server that hashes alike and makes three prepared statements of it. And what whoami takes
 * while more logins come in than can be hashed, against whoami alone.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  await using installation = await install(site, 'logins', {
    // Everybody here comes from one address.
    environment: { SELFSAME_SERVER_RUNS_JOBS: 'false' },
  });
  const [logins, whoami] = [startLoad(), startLoad()];
  const hashes = startHashes();
  options.note(`making ${PEOPLE} identities with a password`);
  const { emails, ids } = await makePeople(installation);
  const bare = await startBareLogins({
    socket: installation.target,
    connections: installation.config.database.maxConnections,
    poolId: installation.poolId,
    identityIds: ids,
    password: PASSWORD,
    ...(await repliesOf(installation.product.port, emails[0] ?? '')),
  });
  try {
    const rounds = options.quick ? 2 : 7;
    const seconds = options.quick ? 2 : 5;
    const rates = { logins: [] as number[], bare: [] as number[], hashes: [] as number[] };
    const rateAt = async (port: number): Promise<number> => {
      const job = { ...loginJob(port, emails), connections: LOGINS_AT_ONCE, seconds };
      const { perSecond, byStatus } = await logins.run(job);
      if (Object.keys(byStatus).join() !== '200')
        throw new Error(`logins answer ${JSON.stringify(byStatus)}`);
      return perSecond;
    };
    options.note('logins with a password');
    for (let round = 0; round <= rounds; round += 1) {
      const [own, least] = [await rateAt(installation.product.port), await rateAt(bare.port)];
      const bound = await hashes.rate({ atOnce: CORES, seconds });
      // The first round warms up.
      if (round === 0) continue;
      rates.logins.push(own);
      rates.bare.push(least);
      rates.hashes.push(bound);
    }
    const of = (name: string, ours: readonly number[], theirs: readonly number[]): Figure => {
      const ratio = median(ours.map((rate, index) => rate / (theirs[index] ?? Number.NaN)));
      return { name, value: median(ours), unit: '/s', baseline: median(theirs), ratio };
    };
    const on = 'bare argon2id on as many cores';
    options.note('whoami beside more logins than can be hashed');
    return [
      { ...of(`logins with a password ÷ ${on}`, rates.logins, rates.hashes), target: { atLeast: 0.85 } },
      of(`a bare server's logins ÷ ${on}`, rates.bare, rates.hashes),
      of("logins with a password ÷ a bare server's", rates.logins, rates.bare),
      await overloadFigure({ logins, whoami, rounds, seconds }, installation, emails),
    ];
  } finally {
    bare.stop();
    logins.stop();
    whoami.stop();
    hashes.stop();
  }
};

async function makePeople({ call }: Installation): Promise<{ emails: string[]; ids: string[] }> {
  const emails = Array.from({ length: PEOPLE }, (_, index) => `somebody.${index}@example.com`);
  const identities = emails.map((email) => ({
    create: {
      schema_id: 'default',
      traits: { email },
      credentials: { password: { config: { password: PASSWORD } } },
    },
  }));
  const { status, text } = await call('PATCH', '/admin/identities', { identities });
  if (status !== 200) throw new Error(`the server answers ${status}: ${text}`);
  const made = JSON.parse(text) as { identities: { identity: string }[] };
  return { emails, ids: made.identities.map(({ identity }) => identity) };
}

function loginJob(port: number, emails: readonly string[]) {
  const path = `/self-service/login?flow=${FIRST_ID}`;
  return {
    port,
    messages: [keyless(message('GET', '/self-service/login/api', ''))],
    followUps: emails.map((identifier) =>
      keyless(message('POST', path, '', { method: 'password', identifier, password: PASSWORD })),
    ),
  };
}

/** Without the header of the key: people have none. */
function keyless(text: string): string {
  return text.replace('authorization: Bearer \r\n', '');
}

async function overloadFigure(
  loads: { logins: Load; whoami: Load; rounds: number; seconds: number },
  installation: Installation,
  emails: readonly string[],
): Promise<Figure> {
  const { logins, whoami, rounds, seconds } = loads;
  const { port } = installation.product;
  const { session_token: token = '' } = JSON.parse((await repliesOf(port, emails[0] ?? '')).reply);
  const asking = {
    port,
    connections: WHOAMI_CONNECTIONS,
    messages: [message('GET', '/sessions/whoami', token)],
  };
  const job = loginJob(port, emails);
  const slowest = { idle: [] as number[], loaded: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const idle = await whoami.run({ ...asking, seconds });
    const storm = logins.run({ ...job, connections: OVERLOAD, seconds: seconds * 2 });
    const loaded = await whoami.run({ ...asking, seconds });
    const { byStatus } = await storm;
    if (byStatus['200'] === undefined) throw new Error(`logins answer ${JSON.stringify(byStatus)}`);
    if (round > 0) {
      slowest.idle.push(idle.p99);
      slowest.loaded.push(loaded.p99);
    }
  }
  const [value, baseline] = [median(slowest.loaded), median(slowest.idle)];
  const name = 'p99 of whoami beside more logins than can be hashed ÷ alone';
  const ratio = median(slowest.loaded.map((ms, index) => ms / (slowest.idle[index] ?? Number.NaN)));
  return { name, value, unit: 'ms', baseline, ratio, target: { atMost: 3 } };
}

/** What a login is answered, to its flow and to its submit. */
async function repliesOf(port: number, identifier: string): Promise<{ flow: string; reply: string }> {
  const base = `http://127.0.0.1:${port}/self-service/login`;
  const flow = await (await fetch(`${base}/api`)).text();
  const response = await fetch(`${base}?flow=${JSON.parse(flow).id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method: 'password', identifier, password: PASSWORD }),
  });
  if (response.status !== 200) throw new Error(`the login answers ${response.status}`);
  return { flow, reply: await response.text() };
}
