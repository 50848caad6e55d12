export interface Limits {
  readonly depth: number;
  /** Values of any kind, objects and lists included. */
  readonly values: number;
  /** UTF-16 code units of all texts and names together. */
  readonly text: number;
  readonly listLength: number;
}

/** Far above any schema that people fill in, and far below what takes long. */
export const SCHEMA_LIMITS: Limits = { depth: 32, values: 8_192, text: 65_536, listLength: 1_024 };
/**
 * Subschemas with every `$ref` written out, and names in `required` and `dependencies`: each may be visited, and
 * fail, once for every value of the traits.
 */
export const SCHEMA_WEIGHT_MAX = 512;
export const TRAIT_LIMITS: Limits = { depth: 16, values: 512, text: 32_768, listLength: 128 };
/** Weight of the schema times values of the traits: the visits that one check may take. */
export const VISITS_MAX = 65_536;
/** Violations, and problems of a schema, that are reported. */
export const REPORTED_MAX = 50;

/**
 * The first limit that a JSON value exceeds, or null. Does not recurse, so that no depth is too deep, and stops at the
 * first.
 */
export function exceededLimit(root: unknown, limits: Limits): keyof Limits | null {
  const open: [value: unknown, depth: number][] = [[root, 0]];
  let [values, text] = [0, 0];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    values += 1;
    if (typeof value === 'string') text += value.length;
    if (values + open.length > limits.values) return 'values';
    if (text > limits.text) return 'text';
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= limits.depth) return 'depth';
    if (Array.isArray(value) && value.length > limits.listLength) return 'listLength';
    for (const [key, child] of Object.entries(value)) {
      if (!Array.isArray(value)) text += key.length;
      open.push([child, depth + 1]);
    }
  }
  return text > limits.text ? 'text' : null;
}

/** How many values a JSON value has within; for one that is within limits. */
export function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, child) => sum + countValues(child), 1);
}
