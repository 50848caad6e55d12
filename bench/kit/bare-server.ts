import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import process from 'node:process';
import postgres from 'postgres';
import { createIdGenerator } from '../../src/kit/ids.ts';

/** What the bare server is told when it is started. */
export interface BareJob {
  readonly socket: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  readonly connections: number;
  readonly poolId: string;
  /** The product's own reply to the same request, which the bare server gives to everybody. */
  readonly reply: string;
}

// What a read and a write cannot do without: one row by its primary key, of the size that the product reads; and
// one statement that writes it, its audit entry and its event.
const READ = `select id, status, version, profile from identities where pool_id = $1::uuid and id = $2::uuid`;
const WRITE = `
  with record as (
      update identities set profile = $3::bytea, version = version + 1, updated_at = $4::timestamptz
      where pool_id = $1::uuid and id = $2::uuid
      returning id),
    audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields)
      select $1::uuid, $5::uuid, $4::timestamptz, $6::uuid, $7::text, 'identity.updated', record.id, '{metadata}'
      from record),
    announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields)
      select $1::uuid, $8::uuid, $4::timestamptz, 'identity.updated', record.id, '{metadata}' from record)
  select count(*)::integer as n from record`;
/** The same with what finds the record: one identifier, eight look-up keys and the trigrams of an e-mail made anew. */
const WRITE_FINDABLE = `
  with record as (
      update identities set profile = $3::bytea, version = version + 1, updated_at = $4::timestamptz
      where pool_id = $1::uuid and id = $2::uuid
      returning id),
    released as (delete from identifiers where pool_id = $1::uuid and identity_id = $2::uuid returning 1),
    hidden as (delete from search_keys where pool_id = $1::uuid and identity_id = $2::uuid returning 1),
    claimed as (
      insert into identifiers (pool_id, space, digest, identity_id)
      select $1::uuid, 'email', $9::bytea, record.id from record
      returning 1),
    findable as (
      insert into search_keys (pool_id, identity_id, key, created_at)
      select $1::uuid, record.id, u.key, $4::timestamptz from record, unnest($10::uuid[]) as u(key)
      returning 1),
    grammed as (
      insert into search_grams (pool_id, identity_id, space, grams)
      select $1::uuid, record.id, 'email', $11::bigint[] from record
      on conflict (pool_id, identity_id, space) do update set grams = excluded.grams
      returning 1),
    audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields)
      select $1::uuid, $5::uuid, $4::timestamptz, $6::uuid, $7::text, 'identity.updated', record.id, '{email}'
      from record),
    announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields)
      select $1::uuid, $8::uuid, $4::timestamptz, 'identity.updated', record.id, '{email}' from record)
  select count(*)::integer as n from record`;
const KEYS = 8;
const GRAMS = 24;
/** Less than the product does: what a write would cost without audit entry and event. */
const UPDATE_ONLY = `
  update identities set profile = $3::bytea, version = version + 1, updated_at = $4::timestamptz
  where pool_id = $1::uuid and id = $2::uuid returning id`;

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

function serve({ socket, connections, poolId, reply }: BareJob): void {
  const sql = postgres({
    ...socket,
    max: connections,
    ssl: false,
    password: '',
    fetch_types: false,
    idle_timeout: 0,
    onnotice: () => {},
  });
  const prepared = { prepare: true };
  const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(reply) };
  const profile = Buffer.alloc(420, 7);
  // Ids in order of time, as anybody would choose for rows that are only ever added.
  const ids = createIdGenerator({ nowMs: Date.now, randomBytes });
  const keyId = ids.next();

  const answer = async (request: IncomingMessage): Promise<void> => {
    const id = (request.url ?? '').slice(-36);
    if (request.method === 'GET') {
      const rows = await sql.unsafe(READ, [poolId, id], prepared);
      if (rows.length !== 1) throw new Error('no such row');
      return;
    }
    JSON.parse(await readBody(request));
    const [at, auditId, eventId] = [new Date(), ids.next(), ids.next()];
    if (request.method === 'PATCH') {
      const keys = `{${Array.from({ length: KEYS }, () => randomUUID()).join()}}`;
      const grams = `{${Array.from({ length: GRAMS }, () => randomBytes(8).readBigInt64BE()).join()}}`;
      const own = [randomBytes(32), keys, grams];
      const parameters = [poolId, id, profile, at, auditId, keyId, auditId, eventId, ...own];
      const rows = await sql.unsafe(WRITE_FINDABLE, parameters, prepared);
      if (rows.length !== 1) throw new Error('no such row');
      return;
    }
    const rows = request.url?.startsWith('/plain/')
      ? await sql.unsafe(UPDATE_ONLY, [poolId, id, profile, at], prepared)
      : await sql.unsafe(WRITE, [poolId, id, profile, at, auditId, keyId, auditId, eventId], prepared);
    if (rows.length !== 1) throw new Error('no such row');
  };
  const server = createServer((request, response) => {
    answer(request).then(
      () => response.writeHead(200, head).end(reply),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.send?.({ outcome: { port: address?.port } });
  });
}

process.on('message', serve);
