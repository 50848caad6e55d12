import { Buffer, isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { BodyNotObject, BodyTooLarge, UnreadableBody, UnsupportedMediaType } from '../core/errors.ts';

/** Deeper than any contract's body, and shallow enough for code that recurses over it. */
const DEPTH_MAX = 64;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/**
 * Reads the JSON object that a request carries. `__proto__` keys are dropped at every depth; of a key sent twice
 * the last counts (as in JSON.parse); `\u0000` in texts is let through: the core decides about text.
 *
 * @param options.isOptional No bytes at all give undefined instead of an error.
 * @throws BodyTooLarge More than `bytesMax`. What is still to come is left to Node, which discards it.
 * @throws UnsupportedMediaType Another content type, or none.
 * @throws UnreadableBody Nothing sent, another encoding, invalid UTF-8, not JSON, nested deeper
 *   than 64, or the client went away. The message says which, never what was sent.
 * @throws BodyNotObject JSON, but no object.
 */
export async function readJsonBody(
  request: IncomingMessage,
  options: { bytesMax: number; isOptional: boolean },
): Promise<Record<string, unknown> | undefined> {
  const { headers } = request;
  const declared = headers['content-length'];
  const isEmpty = declared === '0' || (declared === undefined && headers['transfer-encoding'] === undefined);
  if (isEmpty) return nothing(options.isOptional);
  if (declared !== undefined && Number(declared) > options.bytesMax) throw new BodyTooLarge();
  const bytes = await readBytes(request, options.bytesMax);
  if (bytes.length === 0) return nothing(options.isOptional);
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new UnsupportedMediaType();
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new UnreadableBody('The request body must not be compressed.');
  if (!isUtf8(bytes)) throw new UnreadableBody('The request body is not valid UTF-8.');
  return parseObject(bytes.toString('utf8'));
}

function nothing(isOptional: boolean): undefined {
  if (!isOptional) throw new UnreadableBody('A request body is needed.');
  return undefined;
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

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    // RFC 8259 section 8.1 lets a parser ignore a byte order mark.
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    // The engine's message quotes the body, so it is not kept as cause either.
    throw new UnreadableBody('The request body is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BodyNotObject();
  tidy(value);
  return value as Record<string, unknown>;
}

/** Walks without recursion: the depth of what was sent must not become the depth of our stack. */
function tidy(root: object): void {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX) throw new UnreadableBody('The request body is nested too deeply.');
    const next: object[] = [];
    for (const node of level) {
      if (Object.hasOwn(node, '__proto__')) Reflect.deleteProperty(node, '__proto__');
      for (const inner of Object.values(node))
        if (typeof inner === 'object' && inner !== null) next.push(inner);
    }
    level = next;
  }
}
