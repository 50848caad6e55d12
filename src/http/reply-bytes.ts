import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { BytesReply } from './replies.ts';

/** A reply of bytes whose first piece is at hand: what can be refused was refused before. */
export interface ReadyBytes {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `Set-Cookie` values. */
  readonly cookies: readonly string[] | undefined;
  readonly sizeBytes: number;
  readonly first: IteratorResult<Uint8Array>;
  readonly rest: AsyncIterator<Uint8Array>;
}

/** Reads the first piece, so that a source that fails at once is answered for like any other error. */
export async function startBytes(reply: BytesReply): Promise<ReadyBytes> {
  const rest = reply.bytes[Symbol.asyncIterator]();
  const first = await rest.next();
  const { status = 200, headers = {}, cookies, sizeBytes } = reply;
  return { status, headers, cookies, sizeBytes, first, rest };
}

/**
 * Writes head and bytes, no faster than the client reads. A source that fails, or has another length than it said,
 * breaks the connection off: the client must not take a part for the whole.
 *
 * @param options.isHead Sends the head only.
 * @throws Whatever the source throws, once the connection is closed.
 */
export async function sendBytes(
  response: ServerResponse,
  reply: ReadyBytes,
  options: { requestId: string; isDraining: boolean; isHead: boolean },
): Promise<void> {
  const { status, headers, cookies, sizeBytes, rest } = reply;
  try {
    if (response.destroyed || response.headersSent) return;
    const all: OutgoingHttpHeaders = { 'cache-control': 'no-store', ...headers };
    // Nobody's to take away.
    Object.assign(all, { 'x-request-id': options.requestId, 'x-content-type-options': 'nosniff' });
    all['content-length'] = `${sizeBytes}`;
    if (cookies !== undefined) all['set-cookie'] = [...cookies];
    if (options.isDraining) all.connection = 'close';
    response.writeHead(status, all);
    if (options.isHead) {
      response.end();
      return;
    }
    let sent = 0;
    for (let next = reply.first; next.done !== true; next = await rest.next()) {
      sent += next.value.length;
      if (sent > sizeBytes) throw new RangeError('a reply is longer than it said');
      // A copy: the source may use its memory again for the next piece.
      const isFull = !response.write(Buffer.from(next.value));
      if (isFull && !response.destroyed)
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      if (response.destroyed) return;
    }
    if (sent !== sizeBytes) throw new RangeError('a reply is shorter than it said');
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    await rest.return?.();
  }
}
