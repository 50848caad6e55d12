import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import process from 'node:process';
import { hash, verify } from '@node-rs/argon2';
import postgres from 'postgres';
import { createIdGenerator } from '../../src/kit/ids.ts';
import { BEGIN_FLOW, FIND_FLOW, FINISH_LOGIN } from './bare-statements.ts';
import { PASSWORD_COST } from './hash-runner.ts';

/** What the bare server of logins is told when it is started. */
export interface BareLoginJob {
  readonly socket: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  readonly connections: number;
  readonly poolId: string;
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

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A login that cannot be had for less: a flow is one row made, one read and one written with the session, and a hash. */
async function serve(job: BareLoginJob): Promise<void> {
  const { socket, connections, poolId, identityIds } = job;
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

  const server = createServer((request, response) => {
    (request.method === 'GET' ? begin() : finish(request)).then(
      (text) => {
        const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
        response.writeHead(200, head).end(text);
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.send?.({ outcome: { port: address?.port } });
  });
}

process.on('message', (job: BareLoginJob) => void serve(job));
