import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import process from 'node:process';
import postgres, { type Sql } from 'postgres';

/** The database of a server that is compared with: the product's own. */
export interface BareTarget {
  readonly socket: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  readonly connections: number;
  readonly poolId: string;
}

export interface BareReply {
  readonly head: OutgoingHttpHeaders;
  readonly text: string;
}

export function connectBare({ socket, connections }: BareTarget): Sql {
  return postgres({
    ...socket,
    max: connections,
    ssl: false,
    password: '',
    fetch_types: false,
    idle_timeout: 0,
    onnotice: () => {},
  });
}

export function replyOf(text: string): BareReply {
  return { head: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }, text };
}

export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

/** On a free port, which whoever started this process is told. */
export function listenBare(answer: (request: IncomingMessage) => Promise<BareReply>): void {
  const server = createServer((request, response) => {
    answer(request).then(
      ({ head, text }) => response.writeHead(200, head).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.send?.({ outcome: { port: address?.port } });
  });
}
