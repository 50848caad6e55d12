import { respell } from '../../kit/key-spelling.ts';

/** Spellings of keys in bodies (contract verification 1.4). */
export const INFLECTIONS = ['snake', 'camel', 'kebab'] as const;
export type Inflection = (typeof INFLECTIONS)[number];

/** Keys inside these are customers' data, and stay as they are. */
const OPAQUE: ReadonlySet<string> = new Set(['custom_fields', 'metadata']);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The body with its keys in another spelling, at every depth; values stay as they are. */
export function inflect(body: unknown, style: Inflection): unknown {
  return respell(body, style, OPAQUE);
}

/** `firstName` and `first-name` are `first_name`. */
export function snakeOf(key: string): string {
  return key
    .replaceAll('-', '_')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * A request's body with its keys in snake case, at every depth but inside what is the customer's.
 * @param onTwice Told of a key that came in two spellings.
 */
export function deflect(
  body: unknown,
  onTwice: (path: readonly (string | number)[]) => void,
  path: readonly (string | number)[] = [],
): unknown {
  if (Array.isArray(body)) return body.map((item, index) => deflect(item, onTwice, [...path, index]));
  if (!isObject(body)) return body;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(body)) {
    const name = snakeOf(key);
    const at = [...path, name];
    if (Object.hasOwn(out, name)) onTwice(at);
    out[name] = OPAQUE.has(name) ? value : deflect(value, onTwice, at);
  }
  return out;
}
