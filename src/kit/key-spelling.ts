/** How keys of JSON objects may be spelled; in code they are snake case. */
export type KeySpelling = 'snake' | 'camel' | 'kebab';

type Changed = Exclude<KeySpelling, 'snake'>;

const NOTHING: ReadonlySet<string> = new Set();
/** Keys are those of schemas, so these stay small; a bound all the same. */
const KEPT_MAX = 5000;
const kept = { camel: new Map<string, string>(), kebab: new Map<string, string>() };

function spell(key: string, style: Changed): string {
  const known = kept[style].get(key);
  if (known !== undefined) return known;
  const text =
    style === 'kebab'
      ? key.replaceAll('_', '-')
      : key.replaceAll(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
  if (kept[style].size < KEPT_MAX) kept[style].set(key, text);
  return text;
}

/**
 * The value with the keys of its objects in another spelling, at every depth; values stay as they are.
 * @param opaque What is under these keys stays as it is.
 */
export function respell(value: unknown, style: KeySpelling, opaque = NOTHING): unknown {
  if (style === 'snake') return value;
  if (Array.isArray(value)) return value.map((item) => respell(item, style, opaque));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      spell(key, style),
      opaque.has(key) ? item : respell(item, style, opaque),
    ]),
  );
}
