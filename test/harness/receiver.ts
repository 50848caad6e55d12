import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that reached the receiver. */
export interface Message {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: messages are what tests look into.
  readonly body: any;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** In the order of arrival. */
  readonly messages: Message[];
  /** What is answered; default 200 to everything. */
  answer: (message: Message) => number | Promise<number>;
  close(): Promise<void>;
}

/** A server on this machine that webhooks are sent to. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const raw = Buffer.concat(chunks).toString('utf8');
      const { url: path = '', headers } = request;
      const message = { path, headers, raw, body: JSON.parse(raw) };
      receiver.messages.push(message);
      response.statusCode = await receiver.answer(message);
      if (response.statusCode >= 300 && response.statusCode < 400)
        response.setHeader('location', '/elsewhere');
      response.end('whatever');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    messages: [],
    answer: () => 200,
    close,
    [Symbol.asyncDispose]: close,
  };
  return receiver;
}

/** As a customer would check it (contract verification 5.4). */
export function signatureIsRight(message: Message, secret: string, now: Date): boolean {
  const [, t = '', v1 = ''] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(message.headers['x-verifa-signature'])) ?? [];
  const expected = createHmac('sha256', secret).update(`${t}.${message.raw}`).digest('hex');
  return v1 === expected && Math.abs(now.getTime() / 1000 - Number(t)) <= 300;
}
