import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import process from 'node:process';
import { createIdGenerator } from '../../src/kit/ids.ts';
import { type BareTarget, connectBare, listenBare, readBody, replyOf } from './bare-http.ts';
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
export interface BareJob extends BareTarget {
  /** The product's own reply to the same request, which the bare server gives to everybody. */
  readonly reply: string;
}

const keysText = () => `{${Array.from({ length: KEYS }, () => randomUUID()).join()}}`;
const gramsText = () => `{${Array.from({ length: GRAMS }, () => randomBytes(8).readBigInt64BE()).join()}}`;

function serve(job: BareJob): void {
  const { poolId } = job;
  const sql = connectBare(job);
  const prepared = { prepare: true };
  const reply = replyOf(job.reply);
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
  listenBare(async (request) => {
    await answer(request);
    return reply;
  });
}

process.on('message', serve);
