import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Reply, TestServer } from '../harness/server.ts';

/** One request that reached the service. */
export interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: cases are what tests look into.
  readonly body: any;
}

/** A KYC service on this machine that answers what the test says. */
export interface ProviderServer extends AsyncDisposable {
  readonly url: string;
  /** In the order of arrival. */
  readonly asked: Asked[];
  /** Default: 202 with an `externalRef`. */
  answer: (asked: Asked, response: ServerResponse) => void;
}

export function answerWith(status: number, body: unknown): ProviderServer['answer'] {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (_asked, response) => response.writeHead(status).end(text);
}

export async function startProvider(): Promise<ProviderServer> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const raw = Buffer.concat(pieces).toString('utf8');
      const asked = { headers: request.headers, raw, body: JSON.parse(raw) };
      service.asked.push(asked);
      service.answer(asked, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const service: ProviderServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cases`,
    asked: [],
    answer: answerWith(202, { externalRef: 'case-1' }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

/** As a provider signs (docs/kyc-provider.md). */
export function signed(secret: string, body: string, at: Date): string {
  const t = Math.floor(at.getTime() / 1000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}

/** A notice as a provider sends it; what `changes` names is another than it should be. */
export function notify(
  server: TestServer,
  { url, secret, verdict }: { url: string; secret: string; verdict: unknown },
  changes: { at?: Date; signature?: string | null; sent?: string } = {},
): Promise<Reply> {
  const body = typeof verdict === 'string' ? verdict : JSON.stringify(verdict);
  const { signature = signed(secret, body, changes.at ?? server.clock.now()) } = changes;
  return server.call('POST', new URL(url).pathname, {
    key: null,
    headers: signature === null ? {} : { 'x-selfsame-signature': signature },
    body: changes.sent ?? body,
  });
}
