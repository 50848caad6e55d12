import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (asked: Asked, response: ServerResponse) => void;

/** A service on loopback that answers as a test says. */
export interface StandIn extends AsyncDisposable {
  readonly url: string;
  /** What came in, the newest last. */
  readonly asked: Asked[];
  /** What each path does; a path that is not here is answered 404. A test may put something else here at any time. */
  readonly answers: { [path: string]: Answer };
  /** How often a path was asked for. */
  count(path: string): number;
}

export async function startStandIn(answers: StandIn['answers'] = {}): Promise<StandIn> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, query: new URL(path, url).searchParams, headers, body };
    asked.push(one);
    const answer = answers[pathOf(path)] ?? json({}, 404);
    answer(one, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ url, asked, answers },
    count: (path) => asked.filter((one) => pathOf(one.path) === path).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (_asked, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));
}

export const silence: Answer = () => {};

function pathOf(path: string): string {
  return path.split('?')[0] ?? '';
}
