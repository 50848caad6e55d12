import type { Figure, Run } from './kit/figure.ts';
import { message } from './kit/load-generator.ts';
import { pairing } from './kit/pairing.ts';
import { startBare, startLoad } from './kit/processes.ts';
import { type Installation, install, openSite } from './kit/site.ts';

const USERS = 400;
const AT_ONCE = 8;
const PASSWORD = 'Correct-horse-battery-9';
const CHECK = '/v1/user/check';

interface User {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

/**
 * Checks of users with a password of their record, each on its own device, against a bare `node:http` server that reads a
 * row by its primary key and writes it with an audit entry and an event, and gives the same answer. The product writes once
 * a device and step of ten seconds, and else only reads.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  await using installation = await install(site, 'identify');
  options.note(`making ${USERS} users`);
  const users = await makeUsers(installation);
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
        baseline: users.map(({ userId }) => message('GET', `/check/${userId}`, key)),
      },
      0.55,
    );
    return [figure];
  } finally {
    load.stop();
    bare.stop();
  }
};

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
