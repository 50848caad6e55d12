import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { BodyTooLarge, UnreadableBody } from '../core/errors.ts';

export interface BodyStream {
  /** To be read once. @throws BodyTooLarge @throws UnreadableBody The client went away. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Lets go of what was not read: Node discards it, and the client gets to read its reply. */
  release(): void;
}

/**
 * The bytes of a request as they come in, whatever they are. Leaving them early does not close the connection, on which
 * the reply is still to be sent.
 *
 * @throws BodyTooLarge The length that the request names is more than `bytesMax`.
 */
export function streamBody(request: IncomingMessage, { bytesMax }: { bytesMax: number }): BodyStream {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new BodyTooLarge();
  let sizeBytes = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > bytesMax) done(new BodyTooLarge());
      else done(null, chunk);
    },
  });
  // Whoever reads is told; when nobody does any more there is nobody to tell.
  bounded.on('error', () => {});
  const onLost = (): void => {
    if (!request.complete) bounded.destroy(new UnreadableBody('The request body ended early.'));
  };
  request.on('close', onLost).on('error', onLost);
  request.pipe(bounded);
  return {
    bytes: bounded,
    release() {
      request.unpipe(bounded);
      bounded.destroy();
      request.resume();
    },
  };
}
