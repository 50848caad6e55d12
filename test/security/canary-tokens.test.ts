import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { TestClock } from '../harness/clock.ts';
import { startCognito } from '../harness/cognito.ts';
import { createInstallation } from '../harness/process.ts';
import { search, searchFiles } from '../harness/traces.ts';

// Tokens of a provider go through us and are kept to have them revoked. No file of the installation may hold one as it is,
// nor its log (contract identify 4; DESIGN 5).

const PAIR = { strategy: 'email', provider: 'awsCognito' };
const PASSWORD = 'bID>idfsf23!';

test('tokens of Cognito are nowhere but in replies', { timeout: 180_000 }, async (t) => {
  const cognito = await startCognito(new TestClock());
  t.after(() => cognito[Symbol.asyncDispose]());
  const installation = createInstallation(t);
  const { dataDir } = installation;
  const server = await installation.start({ SELFSAME_LOG_LEVEL: 'trace' });
  const { url, live } = server.quickstart;
  const file = join(dirname(dataDir), 'project.json');
  const awsCognito = { backend: 'aws', ...cognito.settings({ timeoutMs: 3000 }) };
  writeFileSync(file, JSON.stringify({ providers: { awsCognito } }));
  const configured = installation.run(['identify', 'configure', '--pool', live.app_id, '--file', file]);
  assert.equal(await configured.ended, 0, configured.output());

  const call = async (method: string, path: string, body: object, token?: string) => {
    const response = await fetch(`${url}/v1/user${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ projectId: live.app_id, ...PAIR, ...body }),
    });
    const answer = await response.text();
    return { status: response.status, answer, data: JSON.parse(answer).data };
  };
  const tokens: string[] = [];
  const session = async (...sent: Parameters<typeof call>) => {
    const { status, answer, data } = await call(...sent);
    assert.equal(status, 200, answer);
    tokens.push(data.accessToken, data.profileToken, data.refreshToken);
    return data;
  };
  for (const email of ['stays@example.org', 'leaves@example.org']) {
    const data = { email, password: PASSWORD };
    assert.equal((await call('POST', '', { data })).status, 201);
    const first = await session('PUT', '/login', { data });
    const last = await session('PUT', '/login', { data });
    const { accessToken, refreshToken } = first;
    await session('POST', '/refresh', { refreshToken }, accessToken);
    assert.equal(
      (await call('POST', '/refresh', { refreshToken: `${refreshToken}x` }, accessToken)).status,
      401,
    );
    if (email.startsWith('stays')) continue;
    cognito.hangs = true;
    assert.equal((await call('POST', '/logout', {}, last.accessToken)).status, 504);
    cognito.hangs = false;
    assert.equal((await call('POST', '/logout', {}, last.accessToken)).status, 200);
    assert.equal((await call('POST', '/refresh', { refreshToken }, accessToken)).status, 401);
  }

  const db = server.connect();
  const { rows } = await db.query<{ n: number; boxes: number }>({
    text: 'select count(*)::integer as n, count(box)::integer as boxes from identify_outside_refresh',
    parameters: [],
  });
  assert.deepEqual({ ...rows[0] }, { n: 4, boxes: 2 });
  await db.close();
  // The signature alone: what stands before it is the same in many.
  const secrets = [...new Set(tokens)].map((token) => token.slice(-60));
  assert.ok(secrets.length >= 14);
  assert.equal(await server.stop(), 0, server.output());
  assert.deepEqual(searchFiles(dataDir, secrets), [], 'in files');
  assert.deepEqual(search(Buffer.from(server.output()), secrets), [], 'in the log');
  assert.match(server.output(), /"status":504/, 'the log has the requests');
});
