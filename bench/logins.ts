import { availableParallelism } from 'node:os';
import type { Figure, Run } from './kit/figure.ts';
import { median } from './kit/figure.ts';
import { FIRST_ID, message } from './kit/load-generator.ts';
import { type Load, startHashes, startLoad } from './kit/processes.ts';
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
 * Logins with a password, each a new flow and its submit: against the bare hash function on as many cores, in turn. And
 * what whoami takes while more logins come in than can be hashed, against whoami alone.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  await using installation = await install(site, 'logins', {
    // Everybody here comes from one address.
    environment: { SELFSAME_SERVER_RUNS_JOBS: 'false' },
  });
  const [logins, whoami] = [startLoad(), startLoad()];
  const hashes = startHashes();
  try {
    options.note(`making ${PEOPLE} identities with a password`);
    const emails = await makePeople(installation);
    const rounds = options.quick ? 2 : 7;
    const seconds = options.quick ? 2 : 5;
    const job = loginJob(installation, emails);
    const rates = { logins: [] as number[], hashes: [] as number[] };
    options.note('logins with a password');
    for (let round = 0; round <= rounds; round += 1) {
      const { perSecond, byStatus } = await logins.run({ ...job, connections: LOGINS_AT_ONCE, seconds });
      if (Object.keys(byStatus).join() !== '200')
        throw new Error(`logins answer ${JSON.stringify(byStatus)}`);
      const bare = await hashes.rate({ atOnce: CORES, seconds });
      // The first round warms up.
      if (round > 0) {
        rates.logins.push(perSecond);
        rates.hashes.push(bare);
      }
    }
    const [value, baseline] = [median(rates.logins), median(rates.hashes)];
    const ratio = median(rates.logins.map((rate, index) => rate / (rates.hashes[index] ?? Number.NaN)));
    const name = 'logins with a password ÷ bare argon2id on as many cores';
    const login: Figure = { name, value, unit: '/s', baseline, ratio, target: { atLeast: 0.85 } };
    options.note('whoami beside more logins than can be hashed');
    return [login, await overloadFigure({ logins, whoami, rounds, seconds }, installation, emails)];
  } finally {
    logins.stop();
    whoami.stop();
    hashes.stop();
  }
};

async function makePeople({ call }: Installation): Promise<string[]> {
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
  return emails;
}

function loginJob({ product: { port } }: Installation, emails: readonly string[]) {
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
  const token = await signIn(port, emails[0] ?? '');
  const asking = {
    port,
    connections: WHOAMI_CONNECTIONS,
    messages: [message('GET', '/sessions/whoami', token)],
  };
  const job = loginJob(installation, emails);
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

async function signIn(port: number, identifier: string): Promise<string> {
  const base = `http://127.0.0.1:${port}/self-service/login`;
  const flow = (await (await fetch(`${base}/api`)).json()) as { id: string };
  const response = await fetch(`${base}?flow=${flow.id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method: 'password', identifier, password: PASSWORD }),
  });
  const { session_token: token } = (await response.json()) as { session_token?: string };
  if (token === undefined) throw new Error(`the login answers ${response.status}`);
  return token;
}
