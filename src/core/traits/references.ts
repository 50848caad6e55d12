import type { SchemaProblem } from './errors.ts';
import { SCHEMA_WEIGHT_MAX } from './limits.ts';
import { isObject, type JsonObject, localPointer, pointerTo, valueAt } from './pointer.ts';
import { allSubschemas, subschemasOf } from './subschemas.ts';

/**
 * Finds references that leave the document, point at no subschema, or come back to where they are. Recursion is refused
 * altogether: traits do not need it, and branches that recurse are how a small schema takes exponential time.
 */
export function referenceProblems(document: JsonObject): SchemaProblem[] {
  const places = new Set(allSubschemas(document).map(({ pointer }) => pointer));
  const wrong = allSubschemas(document).flatMap(({ node, pointer }) => {
    if (!isObject(node) || node.$ref === undefined) return [];
    const target = typeof node.$ref === 'string' ? localPointer(node.$ref) : null;
    const at = pointerTo(pointer, '$ref');
    if (target === null) return [{ pointer: at, message: 'must point within this document: #/…' }];
    return places.has(target) ? [] : [{ pointer: at, message: 'points at no schema' }];
  });
  return wrong.length > 0 ? wrong : weightProblems(document);
}

/** What a reference leads to, for references known to be right. */
export function referenceOf(
  node: JsonObject,
  document: JsonObject,
): { node: unknown; pointer: string } | null {
  const pointer = typeof node.$ref === 'string' ? localPointer(node.$ref) : null;
  return pointer === null ? null : { node: valueAt(document, pointer), pointer };
}

function weightProblems(document: JsonObject): SchemaProblem[] {
  const { weight, loops } = weigh(document);
  if (loops.length > 0)
    return loops.map((pointer) => ({ pointer, message: 'must not come back to itself through $ref' }));
  if (weight <= SCHEMA_WEIGHT_MAX) return [];
  const message = `must have at most ${SCHEMA_WEIGHT_MAX} subschemas and required names, each $ref written out`;
  return [{ pointer: '', message }];
}

/**
 * Counts subschemas, with every reference written out, and names that may be missing. Each place is weighed once, so
 * that it takes no longer than the document is large.
 */
export function weigh(document: JsonObject): { readonly weight: number; readonly loops: readonly string[] } {
  const weights = new Map<string, number | 'open'>();
  const loops: string[] = [];
  const visit = (node: unknown, pointer: string): number => {
    const known = weights.get(pointer);
    if (known === 'open') loops.push(pointer);
    if (known !== undefined) return known === 'open' ? 0 : known;
    weights.set(pointer, 'open');
    let weight = 1;
    if (isObject(node)) {
      const target = referenceOf(node, document);
      const below = [...(target === null ? [] : [target]), ...subschemasOf(node, pointer)];
      weight = below.reduce((sum, child) => sum + visit(child.node, child.pointer), 1 + namesIn(node));
    }
    weights.set(pointer, weight);
    return weight;
  };
  return { weight: visit(document, ''), loops };
}

/** Names that may be missing: each may fail by itself. */
function namesIn({ required, dependencies, dependentRequired }: JsonObject): number {
  const lists = [required, ...valuesOf(dependencies), ...valuesOf(dependentRequired)];
  return lists.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
}

function valuesOf(value: unknown): unknown[] {
  return isObject(value) ? Object.values(value) : [];
}
