import { Buffer, isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, UnreadableBody, UnsupportedMediaType } from '../core/errors.ts';

/**
 * The text of a request's body; undefined when there are no bytes at all, whatever the content type says.
 *
 * @param options.accepts Whether the content type is one that the route reads.
 * @throws BodyTooLarge More than `bytesMax`. What is still to come is left to Node, which discards it.
 * @throws UnsupportedMediaType @throws UnreadableBody Compressed, invalid UTF-8, or the client went away.
 */
export async function readText(
  request: IncomingMessage,
  options: { bytesMax: number; accepts: RegExp },
): Promise<string | undefined> {
  const { headers } = request;
  const declared = headers['content-length'];
  if (declared === '0' || (declared === undefined && headers['transfer-encoding'] === undefined))
    return undefined;
  if (declared !== undefined && Number(declared) > options.bytesMax) throw new BodyTooLarge();
  const bytes = await readBytes(request, options.bytesMax);
  if (bytes.length === 0) return undefined;
  if (!options.accepts.test(headers['content-type'] ?? '')) throw new UnsupportedMediaType();
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new UnreadableBody('The request body must not be compressed.');
  if (!isUtf8(bytes)) throw new UnreadableBody('The request body is not valid UTF-8.');
  return bytes.toString('utf8');
}

function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (act: () => void) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      act();
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > bytesMax) {
        settle(() => reject(new BodyTooLarge()));
        // Without this the rest would wait in the socket and the client would never get to read the reply.
        request.resume();
      }
    };
    const onEnd = () =>
      settle(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const onClose = () => settle(() => reject(new UnreadableBody('The request body ended early.')));
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
