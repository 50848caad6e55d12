import type { IncomingMessage } from 'node:http';
import { BodyNotObject, UnreadableBody } from '../core/errors.ts';
import { readText } from './body-bytes.ts';

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
  const text = await readText(request, { bytesMax: options.bytesMax, accepts: JSON_TYPE });
  if (text !== undefined) return parseJsonObject(text);
  if (!options.isOptional) throw missing();
  return undefined;
}

/** Reads any JSON value: like `readJsonBody`, but for BodyNotObject. `null` is a value. */
export async function readJsonValue(
  request: IncomingMessage,
  options: { bytesMax: number },
): Promise<unknown> {
  const text = await readText(request, { ...options, accepts: JSON_TYPE });
  if (text === undefined) throw missing();
  return parseJson(text);
}

export function missing(): UnreadableBody {
  return new UnreadableBody('A request body is needed.');
}

/** @throws UnreadableBody @throws BodyNotObject */
export function parseJsonObject(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BodyNotObject();
  return value as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    // RFC 8259 section 8.1 lets a parser ignore a byte order mark.
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    // The engine's message quotes the body, so it is not kept as cause either.
    throw new UnreadableBody('The request body is not valid JSON.');
  }
  if (typeof value === 'object' && value !== null) tidy(value);
  return value;
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
