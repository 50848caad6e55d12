import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type BenchOptions, type Figure, median, type Run } from './kit/figure.ts';
import { message } from './kit/load-generator.ts';
import { pairing } from './kit/pairing.ts';
import { type Load, runCommand, startBare, startLoad } from './kit/processes.ts';
import { type Installation, install, openSite, type Site } from './kit/site.ts';

const USERS = 400;
const AT_ONCE = 8;
const PASSWORD = 'Correct-horse-battery-9';
const CHECK = '/v1/user/check';
/** Requests at once to a provider that never answers, of another project. */
const HANGING = 1000;
const CONNECTIONS = 4;
const SECONDS = 3;

interface User {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

/**
 * Checks of users with a password of their record, each on its own device, against a bare `node:http` server that reads a
 * row by its primary key and writes it with an audit entry and an event, and gives the same answer. The product writes once
 * a device and step of ten seconds, and else only reads. And what they take while another project's provider hangs.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  await using installation = await install(site, 'identify');
  options.note(`making ${USERS} users`);
  const made = await makeUsers(installation);
  // The bare server writes bytes that the product cannot open: rows of its own.
  const [users, others] = [made.slice(0, made.length / 2), made.slice(made.length / 2)];
  const { product, poolId, key, target, config } = installation;
  const addresses = users.map(
    ({ deviceId }) => `${CHECK}?projectId=${poolId}&strategy=email&deviceId=${deviceId}`,
  );
  const sample = await fetch(`http://127.0.0.1:${product.port}${addresses[0]}`, {
    headers: { authorization: `Bearer ${users[0]?.accessToken}` },
  });
  const reply = await sample.text();
  if (sample.status !== 200) throw new Error(`the server answers ${sample.status}: ${reply}`);
  const bare = await startBare({
    socket: target,
    connections: config.database.maxConnections,
    ...{ poolId, reply },
  });
  const load = startLoad();
  const pair = pairing(options, load, { subject: product.port, baseline: bare.port });
  try {
    const figure: Figure = await pair(
      'GET /user/check, local token ÷ bare read and write',
      {
        subject: users.map(({ accessToken }, index) => message('GET', addresses[index] ?? '', accessToken)),
        baseline: others.map(({ userId }) => message('GET', `/check/${userId}`, key)),
      },
      0.55,
    );
    const own = users.map(({ accessToken }, index) => message('GET', addresses[index] ?? '', accessToken));
    return [figure, await hangingFigure(options, load, { site, installation, own })];
  } finally {
    load.stop();
    bare.stop();
  }
};

async function hangingFigure(
  { quick, note }: BenchOptions,
  load: Load,
  { site, installation, own }: { site: Site; installation: Installation; own: string[] },
): Promise<Figure> {
  note(`checks beside ${HANGING} requests to a provider that hangs`);
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  const address = silent.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const { product, quickstart } = installation;
  const projectId = quickstart.sandbox.app_id;
  const query = `projectId=${projectId}&strategy=email&provider=silent&deviceId=${projectId}`;
  const hanging = Array.from({ length: HANGING }, (_, index) =>
    message('GET', `${CHECK}?${query}`, `token-${index}`),
  );
  const storm = startLoad();
  const slowest = { idle: [] as number[], loaded: [] as number[] };
  for (let round = 0; round < (quick ? 2 : 5); round += 1) {
    // Other settings: what was found out about the provider is forgotten.
    await setProvider(site, installation, { url, timeoutMs: 2500 + round });
    const checks = { port: product.port, connections: CONNECTIONS, messages: own, seconds: SECONDS };
    const idle = await load.run(checks);
    const all = { port: product.port, connections: HANGING, messages: hanging, requests: HANGING };
    const [{ byStatus }, loaded] = await Promise.all([storm.run(all), load.run(checks)]);
    if (Object.keys(byStatus).some((status) => !['502', '504'].includes(status)))
      throw new Error(`the hanging provider makes ${JSON.stringify(byStatus)}`);
    // The first round warms up.
    if (round > 0) {
      slowest.idle.push(idle.p99);
      slowest.loaded.push(loaded.p99);
    }
  }
  storm.stop();
  for (const socket of sockets) socket.destroy();
  silent.close();
  const ratio = median(slowest.loaded.map((ms, index) => ms / (slowest.idle[index] ?? Number.NaN)));
  const name = `p99 of checks beside ${HANGING} to a provider that hangs ÷ alone`;
  const [value, baseline] = [median(slowest.loaded), median(slowest.idle)];
  return { name, value, unit: 'ms', baseline, ratio, target: { atMost: 3 } };
}

async function setProvider(
  { directory }: Site,
  { quickstart, environment }: Installation,
  { url, timeoutMs }: { url: string; timeoutMs: number },
): Promise<void> {
  const file = join(directory, 'silent.json');
  const silent = { issuer: url, validation: 'endpoint', userinfoUrl: `${url}/userinfo`, timeoutMs };
  writeFileSync(file, JSON.stringify({ providers: { silent } }));
  await runCommand(
    ['identify', 'configure', '--pool', quickstart.sandbox.app_id, '--file', file],
    environment,
  );
}

async function makeUsers({ call, poolId: projectId }: Installation): Promise<User[]> {
  const make = async (index: number): Promise<User> => {
    const data = { email: `user.${index}@example.com`, password: PASSWORD };
    const body = { projectId, strategy: 'email', data };
    await call('POST', '/v1/user', body);
    const { status, text } = await call('PUT', '/v1/user/login', body);
    if (status !== 200) throw new Error(`the server answers ${status}: ${text}`);
    return (JSON.parse(text) as { data: User }).data;
  };
  const users: User[] = [];
  while (users.length < USERS)
    users.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => make(users.length + at)))));
  return users;
}
