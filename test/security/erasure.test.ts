import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DataKey, IdentityId, PoolId } from '../../src/core/ports.ts';
import { openFileKms } from '../../src/crypto/file-kms.ts';
import { createVault } from '../../src/crypto/vault.ts';
import { parsePlaced, parseTagged, toTagged, type Uuid } from '../../src/kit/ids.ts';
import type { Database } from '../../src/store/postgres.ts';
import { createPoolKeyStore } from '../../src/store/repositories/pool-keys.ts';
import { createInstallation, type ServerProcess } from '../harness/process.ts';
import { search, searchFiles } from '../harness/traces.ts';

// Erasing an identity makes everything that was sealed of it unreadable, in a backup from before as well, as long as the
// backup leaves out the two tables of keys (R8, DESIGN 5). What is written here goes in through both surfaces.

const WORD = `erased${randomBytes(9).toString('hex')}`;
const KEY_TABLES = ['identity_keys', 'verification_keys', 'upload_keys'];
const API = '/api/v1';

let made = 0;
function marked(): string {
  made += 1;
  return `${WORD}x${made}`;
}

type Call = ReturnType<typeof caller>;

/** Calls as the sandbox pool's key, in which sessions can be decided. */
function caller({ quickstart }: ServerProcess) {
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${quickstart.url}${API}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${quickstart.sandbox.api_key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
    const parsed: any = JSON.parse(text);
    return { status: response.status, body: parsed, text };
  };
}

async function ok(sent: ReturnType<Call>) {
  const reply = await sent;
  assert.ok(reply.status < 300, reply.text);
  return reply.body;
}

/** Under the keys of one identity, and of what remains of others. */
interface Written {
  readonly id: string;
  readonly uuid: IdentityId;
  readonly otherId: string;
  readonly sessionId: string;
  readonly idempotencyKey: string;
  readonly patch: unknown;
}

async function write(call: Call, { quickstart }: ServerProcess): Promise<Written> {
  const person = () => ({
    ...{ first_name: marked(), last_name: marked(), date_of_birth: '1815-12-10', address_line1: marked() },
    ...{ city: marked(), state: marked(), zip_code: marked(), document_number: marked(), ssn: marked() },
    ...{ gender: marked(), email: `${marked()}@example.com`, country: 'DE' },
  });
  const factors = [{ name: 'email', type: 'email', value: `${marked()}@example.com` }];
  const metadata = { [marked()]: marked() };
  const pool_id = quickstart.sandbox.pool_id;
  const { details } = await ok(call('POST', '/identity', { pool_id, factors, metadata }));
  const agent = { user_agent: marked(), remote_ip: '203.0.113.9' };
  await ok(call('POST', `/identity/${details.id}/interaction`, { details: agent }));
  const uuid = (parsePlaced(details.id)?.uuid ?? assert.fail(details.id)) as Uuid as IdentityId;
  const id = toTagged(uuid, 'idn');
  const type = await ok(
    call('POST', '/identity-types', { name: 'person', label: 'Person', is_default: true }),
  );
  await ok(
    call('POST', `/identity-types/${type.id}/fields`, { name: 'note', label: 'N', field_type: 'string' }),
  );

  const patch = { external_ref: 'customer-1', ...person() };
  const idempotencyKey = marked();
  await ok(call('PATCH', `/identities/${id}`, patch, { 'idempotency-key': idempotencyKey }));
  await ok(call('POST', `/identities/${id}/set-tags`, { tags: [marked(), marked()] }));
  const session = await ok(call('POST', '/sessions', { external_ref: 'customer-1', metadata }));
  await ok(call('POST', `/sessions/${session.id}/simulate`, { action: 'approve' }));
  const other = await ok(call('POST', '/identities', { external_ref: 'customer-2' }));
  await ok(call('PATCH', `/identities/${other.id}`, { first_name: 'Kept', email: 'kept@example.com' }));
  await ok(
    call('POST', `/identities/${id}/relationships`, {
      ...{ related_identity_id: other.id, relationship_type: 'user_linked', metadata: { note: marked() } },
    }),
  );
  await ok(call('PATCH', `/identities/${other.id}/custom-fields`, { custom_fields: { note: 'kept too' } }));
  return { id, uuid, otherId: other.id, sessionId: session.id, idempotencyKey, patch };
}

/** Every row of every table but those of keys, as text and with each binary value by itself. */
async function backUp(db: Database): Promise<{ text: string; boxes: Buffer[] }> {
  const { rows: tables } = await db.query<{ name: string }>({
    text: `select table_name as name from information_schema.tables
           where table_schema = current_schema() and table_type = 'BASE TABLE'`,
    parameters: [],
  });
  const names = tables.map(({ name }) => name).filter((name) => !KEY_TABLES.includes(name));
  assert.equal(names.length, tables.length - KEY_TABLES.length);
  const texts: string[] = [];
  const boxes: Buffer[] = [];
  for (const name of names) {
    const { rows } = await db.query<{ row: string }>({
      text: `select to_jsonb(t)::text as row from ${name} t`,
      parameters: [],
    });
    for (const { row } of rows) {
      texts.push(row);
      for (const value of Object.values(JSON.parse(row))) {
        if (typeof value === 'string' && value.startsWith('\\x'))
          boxes.push(Buffer.from(value.slice(2), 'hex'));
      }
    }
  }
  return { text: texts.join('\n'), boxes };
}

interface StoredKey {
  readonly poolId: PoolId;
  readonly recordId: Uuid;
  readonly wrapped: Buffer;
}

async function keysIn(db: Database): Promise<StoredKey[]> {
  const { rows } = await db.query<{ pool_id: PoolId; record_id: Uuid; wrapped: Buffer }>({
    text: `select pool_id, identity_id as record_id, wrapped from identity_keys
           union all select pool_id, verification_id, wrapped from verification_keys`,
    parameters: [],
  });
  return rows.map(({ pool_id: poolId, record_id: recordId, wrapped }) => ({ poolId, recordId, wrapped }));
}

/** Everything that opens, with the installation's root key, the pools' keys, and the given keys of records. */
async function openAll(
  db: Database,
  path: string,
  {
    boxes,
    keys,
    records,
    sections,
  }: {
    boxes: readonly Buffer[];
    keys: readonly StoredKey[];
    /** Records for which a key is tried beside its own. */
    records: readonly Uuid[];
    sections: readonly string[];
  },
): Promise<string[]> {
  const kms = await openFileKms({ path, create: false, storedRootKeyIds: [] });
  const vault = createVault({ kms, poolKeys: createPoolKeyStore(db), randomBytes });
  const { rows: pools } = await db.query<{ id: PoolId }>({ text: 'select id from pools', parameters: [] });
  const openers: Pick<DataKey, 'open'>[] = [];
  for (const { id } of pools) {
    const pool = await vault.pool(id);
    openers.push(pool);
    for (const { recordId, wrapped } of keys) {
      for (const record of new Set([recordId, ...records])) {
        const key = attempt(() => pool.openIdentityKey(record, wrapped));
        if (key !== null) openers.push(key);
      }
    }
    // A box of the backup may be a key itself.
    for (const box of boxes) {
      for (const record of records) {
        const key = attempt(() => pool.openIdentityKey(record, box));
        if (key !== null) openers.push(key);
      }
    }
  }
  let open: Buffer[] = [...boxes];
  const found: string[] = [];
  // A box may hold another box: what opens is tried again.
  for (let depth = 0; depth < 3 && open.length > 0; depth += 1) {
    open = open.flatMap((box) =>
      openers.flatMap((opener) =>
        sections.flatMap((section) => attempt(() => opener.open(section, box)) ?? []),
      ),
    );
    found.push(...open.map((plaintext) => plaintext.toString('utf8')));
  }
  return found;
}

function attempt<Result>(work: () => Result): Result | null {
  try {
    return work();
  } catch {
    return null;
  }
}

async function query<Row>(db: Database, text: string, parameters: unknown[] = []): Promise<Row[]> {
  return (await db.query<Row>({ text, parameters })).rows;
}

test('what was erased is nowhere, and a backup from before does not give it back', {
  timeout: 180_000,
}, async (t) => {
  const installation = createInstallation(t);
  const { dataDir } = installation;
  const server = await installation.start({ SELFSAME_LOG_LEVEL: 'trace' });
  const call = caller(server);
  const written = await write(call, server);
  const { id, uuid, otherId, sessionId } = written;
  const sessionUuid = parseTagged(sessionId, 'ses') ?? assert.fail(sessionId);
  const otherUuid = parseTagged(otherId, 'idn') ?? assert.fail(otherId);

  const db = server.connect();
  const rootKey = join(dataDir, 'root.key');
  const backup = await backUp(db);
  const keysBefore = await keysIn(db);
  const relationships = await query<{ id: string }>(db, 'select id from relationships');
  assert.ok(relationships.length > 0);
  const sections = [
    ...['profile', 'seen', 'reply', 'verification', 'audit-origin', 'identity-key'],
    ...relationships.map((one) => `relationship:${one.id}`),
  ];
  const trial = { boxes: backup.boxes, records: [uuid, sessionUuid, otherUuid], sections };
  assert.ok(backup.boxes.length > 30);
  assert.deepEqual(search(Buffer.from(backup.text), [WORD]), [], 'in the backup, in clear');

  // The control: with the keys that there were, everything opens.
  const before = (await openAll(db, rootKey, { ...trial, keys: keysBefore })).join('\n');
  const values = Array.from({ length: made }, (_, index) => `${WORD}x${index + 1}`);
  // An idempotency key is kept as a digest only, and what was written over is gone.
  const readable = values.filter((value) => new RegExp(`${value}(?!\\d)`).test(before));
  assert.ok(readable.length >= values.length - 4, `${readable.length} of ${values.length}`);

  assert.equal((await call('DELETE', `/identities/${id}`)).status, 200);
  assert.equal((await call('DELETE', `/sessions/${sessionId}/data`)).status, 200);

  await t.test('no surface shows any of it', async () => {
    const placed = (await call('GET', `/identity?pool_id=${server.quickstart.sandbox.pool_id}`)).text;
    const replies = await Promise.all(
      ['', '/export', '/sessions', '/audit-log', '/relationships', '/custom-fields']
        .map((path) => call('GET', `/identities/${id}${path}`))
        .concat([call('GET', `/sessions/${sessionId}`), call('GET', '/identities'), call('GET', '/events')]),
    );
    const shown = [placed, ...replies.map(({ text }) => text)].join('\n');
    assert.deepEqual(search(Buffer.from(shown), [WORD]), []);
    assert.equal((await call('GET', `/sessions/${sessionId}/result`)).text.includes(WORD), false);
  });

  await t.test('the kept reply is gone: a retry runs and is refused', async () => {
    const kept = await query(
      db,
      'select 1 as one from idempotent_replies where sealed_for_identity = $1::uuid',
      [uuid],
    );
    assert.deepEqual(kept, []);
    const headers = { 'idempotency-key': written.idempotencyKey };
    const again = await call('PATCH', `/identities/${id}`, written.patch, headers);
    assert.equal(again.status, 422);
    assert.ok(!again.text.includes(WORD));
  });

  await t.test('its keys are gone, and nothing of the backup opens with those that are left', async () => {
    const keys = await keysIn(db);
    assert.equal(keys.length, keysBefore.length - 2);
    assert.ok(!keys.some(({ recordId }) => recordId === uuid || recordId === sessionUuid));
    const opened = (await openAll(db, rootKey, { ...trial, keys })).join('\n');
    assert.match(opened, /"?Kept"?/, 'what is left opens');
    assert.match(opened, /kept too/);
    assert.deepEqual(search(Buffer.from(opened), [WORD]), []);
    // Nor with what the database holds now.
    const now = await backUp(db);
    const present = (await openAll(db, rootKey, { ...trial, boxes: now.boxes, keys })).join('\n');
    assert.match(present, /kept too/);
    assert.deepEqual(search(Buffer.from(`${present}\n${now.text}`), [WORD]), []);
  });

  await t.test('look-up keys and identifiers are gone but the reference', async () => {
    for (const table of ['search_keys', 'identity_keys']) {
      assert.deepEqual(
        await query(db, `select 1 as one from ${table} where identity_id = $1::uuid`, [uuid]),
        [],
      );
    }
    const claims = await query(db, 'select space from identifiers where identity_id = $1::uuid', [uuid]);
    assert.deepEqual(claims, [{ space: 'external_ref' }]);
  });

  await t.test('neither files nor log yield a value', async () => {
    await db.query({ text: 'checkpoint', parameters: [] });
    assert.deepEqual(searchFiles(dataDir, [WORD]), [], 'in files of the running server');
    await db.close();
    assert.equal(await server.stop(), 0, server.output());
    assert.deepEqual(searchFiles(dataDir, [WORD]), [], 'in files');
    assert.deepEqual(search(Buffer.from(server.output()), [WORD]), [], 'in the log');
    assert.notEqual(searchFiles(dataDir, ['customer-1']).length, 0, 'the search finds what is there');
  });
});
