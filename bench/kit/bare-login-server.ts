import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import process from 'node:process';
import { hash, verify } from '@node-rs/argon2';
import { createIdGenerator } from '../../src/kit/ids.ts';
import { type BareTarget, connectBare, listenBare, readBody, replyOf } from './bare-http.ts';
import { BEGIN_FLOW, FIND_FLOW, FINISH_LOGIN } from './bare-statements.ts';
import { PASSWORD_COST } from './hash-runner.ts';

/** What the bare server of logins is told when it is started. */
export interface BareLoginJob extends BareTarget {
  /** Whoever logs in: one of them in turn. */
  readonly identityIds: readonly string[];
  readonly password: string;
  /** The product's own replies, which the bare server gives to everybody; that of a flow begins with its `id`. */
  readonly flow: string;
  readonly reply: string;
}

/** As long as the product's. */
const BOX_BYTES = 2400;
const SESSION_BOX_BYTES = 280;
const ID = /^\{"id":"[0-9a-f-]{36}"/;

/** A login that cannot be had for less: a flow is one row made, one read and one written with the session, and a hash. */
async function serve(job: BareLoginJob): Promise<void> {
  const { poolId, identityIds } = job;
  const sql = connectBare(job);
  const prepared = { prepare: true };
  const ids = createIdGenerator({ nowMs: Date.now, randomBytes });
  const encoded = await hash(job.password, PASSWORD_COST);
  const [box, sessionBox] = [Buffer.alloc(BOX_BYTES, 7), Buffer.alloc(SESSION_BOX_BYTES, 7)];
  let turn = 0;

  const begin = async (): Promise<string> => {
    const id = ids.next();
    const at = new Date();
    await sql.unsafe(BEGIN_FLOW, [poolId, id, box, at, new Date(at.getTime() + 3_600_000)], prepared);
    return job.flow.replace(ID, `{"id":"${id}"`);
  };
  const finish = async (request: IncomingMessage): Promise<string> => {
    const flowId = (request.url ?? '').slice(-36);
    const { password } = JSON.parse(await readBody(request)) as { password: string };
    const found = await sql.unsafe(FIND_FLOW, [poolId, flowId], prepared);
    if (found.length !== 1 || !(await verify(encoded, password))) throw new Error('no such flow');
    turn = (turn + 1) % identityIds.length;
    const digests = [randomBytes(32), randomBytes(32)].map((token) =>
      createHash('sha256').update(token).digest(),
    );
    const at = new Date();
    const parameters = [poolId, flowId, ids.next(), identityIds[turn] ?? '', ...digests, at, sessionBox];
    const rows = await sql.unsafe(FINISH_LOGIN, parameters, prepared);
    if (rows.length !== 1) throw new Error('no session was made');
    return job.reply;
  };

  listenBare(async (request) => replyOf(await (request.method === 'GET' ? begin() : finish(request))));
}

process.on('message', (job: BareLoginJob) => void serve(job));
