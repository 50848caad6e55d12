import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type IamApi, startIam } from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const open = { key: null } as const;

test('the version is told at the root and at /iam, without a key', async () => {
  for (const path of ['/version', '/iam/version']) {
    const { status, body } = await api.get(path, open);
    assert.equal(status, 200);
    assert.match(body.version, /^\d+\.\d+\.\d+/);
  }
});

test('health is told at /iam in the words that SDKs wait for, and at the root', async () => {
  for (const path of ['/iam/health/alive', '/iam/health/ready']) {
    const { status, body } = await api.get(path, open);
    assert.deepEqual([status, body], [200, { status: 'ok' }]);
  }
  for (const path of ['/health/alive', '/health/ready']) {
    const { status, body } = await api.get(path, open);
    assert.deepEqual([status, Object.keys(body)], [200, ['status']]);
  }
});

test('what changes a password is at the settings page of the pool that was asked', async () => {
  const { url, quickstart } = api.server;
  const other = quickstart.sandbox.app_id;
  for (const [path, target] of [
    ['/.well-known/change-password', '/settings'],
    ['/iam/.well-known/change-password', '/settings'],
    [`/p/${other}/.well-known/change-password`, `/p/${other}/settings`],
  ]) {
    const reply = await fetch(`${url}${path}`, { redirect: 'manual' });
    assert.deepEqual([reply.status, reply.headers.get('location')], [303, `${url}${target}`]);
  }
  const unknown = await api.get(`/p/${quickstart.account_id}/.well-known/change-password`, open);
  assert.equal(unknown.status, 404);
});

test('a method that there is not is refused in the surface’s own words', async () => {
  for (const path of ['/version', '/.well-known/change-password', '/iam/health/ready']) {
    const { status, body } = await api.post(path, {}, open);
    assert.deepEqual([status, body.error?.code], [405, 405], path);
  }
});
