import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kycOf, newPicture, passport, person, type Shown } from '../harness/kyc.ts';
import { poll } from '../harness/process.ts';
import { startServer } from '../harness/server.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/kyc-provider/server.mjs', import.meta.url));

/** The example as its README starts it. @returns Its address. */
async function startExample(
  t: TestContext,
  secret: string,
  port: number,
): Promise<{ port: number; said(): string }> {
  const env = {
    ...{ PATH: process.env.PATH ?? '', SELFSAME_KYC_SECRET: secret },
    ...{ PORT: String(port), DECIDE_AFTER_MS: '0' },
  };
  const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data));
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const found = await poll('the example listens', () => /listening on (\d+)/.exec(said)?.[1] ?? null);
  return { port: Number(found), said: () => said };
}

test('the example approves by callback what POST /identities began, and leaves the rest to a person', async (t) => {
  const api = await kycOf(await startServer());
  t.after(() => api[Symbol.asyncDispose]());
  const { server } = api;
  await server.setKycProvider({ slug: 'builtin', isEnabled: false });
  // One that takes another secret for its own.
  const { port } = await startExample(t, 'kycsec_other', 0);
  const other = await server.setKycProvider({ slug: 'other', url: `http://127.0.0.1:${port}/` });
  assert.ok(other.secret?.startsWith('kycsec_'));
  // Its secret is made before it listens, so its address comes later.
  const made = await server.setKycProvider({ slug: 'example', url: 'http://127.0.0.1:9/' });
  const example = await startExample(t, String(made.secret), 0);
  await server.setKycProvider({ slug: 'example', url: `http://127.0.0.1:${example.port}/` });

  const documents = [passport(await api.uploadFile(newPicture()))];
  const { id } = await api.create(person({ documents }));
  const bare = await api.create();
  await server.runJob('kyc');
  const entryOf = async (one: string, name = 'example'): Promise<Shown> => {
    const { kycStatus } = await api.identity(one);
    return kycStatus.find(({ provider }: Shown) => provider === name);
  };
  const decided = (one: string) =>
    poll(`a verdict; ${example.said()}`, async () => {
      const entry = await entryOf(one);
      return entry.status === 'pending' ? null : entry;
    });
  assert.equal((await decided(id)).status, 'approved');
  assert.equal((await api.identity(id)).identityConfirmed, true);
  const exception = await decided(bare.id);
  assert.deepEqual([exception.status, exception.exceptions], ['exception', ['missing_document']]);
  assert.equal(
    (await entryOf(id, 'other')).status,
    'pending',
    'a case that another secret signed is refused',
  );
  assert.match(server.logs(), /the KYC provider answered 401/);
});
