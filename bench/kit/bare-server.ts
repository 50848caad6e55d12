import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import process from 'node:process';
import postgres from 'postgres';
import { createIdGenerator } from '../../src/kit/ids.ts';
import {
  GRAMS,
  KEYS,
  NEW,
  NEW_IDENTITY,
  READ,
  TALLIES,
  UPDATE_ONLY,
  WRITE,
  WRITE_FINDABLE,
} from './bare-statements.ts';

const SLOTS = 16;
/** Of an identity that has an e-mail address and a hashed password, as the product seals them. */
const TRAITS_BYTES = 219;
const CREDENTIALS_BYTES = 206;

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

const keysText = () => `{${Array.from({ length: KEYS }, () => randomUUID()).join()}}`;
const gramsText = () => `{${Array.from({ length: GRAMS }, () => randomBytes(8).readBigInt64BE()).join()}}`;

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
  const [personal, key, origin] = [Buffer.alloc(480, 7), Buffer.alloc(78, 7), Buffer.alloc(130, 7)];
  const [traits, credentials] = [Buffer.alloc(TRAITS_BYTES, 7), Buffer.alloc(CREDENTIALS_BYTES, 7)];
  let turn = 0;
  // Ids in order of time, as anybody would choose for rows that are only ever added.
  const ids = createIdGenerator({ nowMs: Date.now, randomBytes });
  const keyId = ids.next();

  const answer = async (request: IncomingMessage): Promise<void> => {
    const id = (request.url ?? '').slice(-36);
    if (request.method === 'GET') {
      const rows = await sql.unsafe(READ, [poolId, id], prepared);
      if (rows.length !== 1) throw new Error('no such row');
      if (request.url?.startsWith('/check/') !== true) return;
      const [at, auditId, eventId] = [new Date(), ids.next(), ids.next()];
      await sql.unsafe(WRITE, [poolId, id, profile, at, auditId, keyId, auditId, eventId], prepared);
      return;
    }
    JSON.parse(await readBody(request));
    const [at, auditId, eventId] = [new Date(), ids.next(), ids.next()];
    if (request.method === 'PATCH') {
      const own = [randomBytes(32), keysText(), gramsText()];
      const parameters = [poolId, id, profile, at, auditId, keyId, auditId, eventId, ...own];
      const rows = await sql.unsafe(WRITE_FINDABLE, parameters, prepared);
      if (rows.length !== 1) throw new Error('no such row');
      return;
    }
    if (request.method === 'POST' && request.url === '/admin/identities') {
      turn = (turn + 1) % SLOTS;
      const found = [randomBytes(32), randomUUID(), gramsText(), `{${TALLIES.join()}}`, turn];
      const boxes = [credentials, key, origin];
      const parameters = [poolId, ids.next(), traits, at, auditId, keyId, eventId, ...found, ...boxes];
      const rows = await sql.unsafe(NEW_IDENTITY, parameters, prepared);
      if (rows.length !== 1) throw new Error('no row was made');
      return;
    }
    if (request.method === 'POST') {
      turn = (turn + 1) % SLOTS;
      const found = [randomBytes(32), keysText(), gramsText(), `{${TALLIES.join()}}`, turn];
      const verification = [ids.next(), ids.next(), ids.next(), key, origin];
      const parameters = [
        poolId,
        ids.next(),
        personal,
        at,
        auditId,
        keyId,
        auditId,
        eventId,
        ...found,
        ...verification,
      ];
      const rows = await sql.unsafe(NEW, parameters, prepared);
      if (rows.length !== 1) throw new Error('no row was made');
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
