import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKeyAuthenticator } from '../../src/core/keys/authenticate-key.ts';
import { formatKey, SECRET_BYTES } from '../../src/core/keys/key-text.ts';
import type { KeyId } from '../../src/core/ports.ts';
import { secretHasher } from '../../src/crypto/secret-hasher.ts';
import { migrate } from '../../src/store/migrate.ts';
import { MIGRATIONS_DIRECTORY } from '../../src/store/migration-files.ts';
import { createApiKeyStore } from '../../src/store/repositories/api-keys.ts';
import { freshDatabase, testConnection } from '../harness/postgres.ts';

test('a key that 0.1.0 wrote is a secret key that goes on working', async (t) => {
  const past = mkdtempSync(join(tmpdir(), 'migrations-'));
  cpSync(join(MIGRATIONS_DIRECTORY, '0001_foundation.sql'), join(past, '0001_foundation.sql'));
  const database = await freshDatabase({ empty: true });
  const db = testConnection(database.url, { onStatement: () => {} });
  t.after(async () => {
    await db.close();
    await database.drop();
    rmSync(past, { recursive: true });
  });
  await migrate(db, { directory: past });
  const run = (text: string, ...parameters: unknown[]) => db.query({ text, parameters });
  const of = (n: number) => `0190c0de-0000-7000-8000-00000000000${n}`;
  const at = new Date('2026-03-04T05:06:07Z');
  await run(`insert into accounts (id, partition, title, created_at) values ($1, 7, 'A', $2)`, of(1), at);
  await run(
    `insert into domains (id, account_id, title, created_at) values ($1, $2, 'D', $3)`,
    of(2),
    of(1),
    at,
  );
  await run(
    `insert into rulesets (id, account_id, domain_id, title, factors, created_at) values ($1, $2, $3, 'R', '[]', $4)`,
    ...[of(3), of(1), of(2), at],
  );
  await run(
    `insert into pools (id, account_id, domain_id, ruleset_id, title, environment, created_at)
     values ($1, $2, $3, $4, 'P', 'live', $5)`,
    ...[of(4), of(1), of(2), of(3), at],
  );
  const id = of(5) as KeyId;
  const { text, secret } = formatKey({ kind: 'secret', environment: 'live', id }, randomBytes(SECRET_BYTES));
  await run(
    `insert into api_keys (id, pool_id, secret_hash, label, grants, requests_per_minute, created_at)
     values ($1, $2, $3, 'Old', '{account}', 9, $4)`,
    ...[id, of(4), secretHasher.hash('api-key', id, secret), at],
  );

  await migrate(db);
  const keys = createApiKeyStore(db);
  const authenticator = createKeyAuthenticator({ keys, secrets: secretHasher });
  const key = await authenticator.verify(text, { address: '::1', now: at, onKey: () => {} });
  assert.deepEqual([key.keyId, key.kind, key.apiVersion, key.keyInflection], [id, 'secret', null, 'snake']);
  assert.equal(key.isSingleIdentity, false);
  assert.equal((await keys.findApiKey(id))?.identityId, null);
  assert.equal((await keys.findApiKey(id))?.note, null);
  for (const change of [`kind = 'public'`, `key_inflection = 'pascal'`])
    await assert.rejects(run(`update api_keys set ${change}`), change);
});
