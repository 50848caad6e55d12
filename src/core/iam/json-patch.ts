import { isObject, type JsonObject, keysOf, ownMember } from '../traits/pointer.ts';
import { PatchRefused } from './errors.ts';

/** One operation of RFC 6902. `test`, `move` and `copy` are not offered (contract iam 4.1). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** Of a path: no document that is patched is as deep. */
const KEYS_MAX = 64;
const POSITION = /^(?:0|[1-9]\d*)$/;
const END = '-';

/**
 * The document with every operation applied, in order; the one that was given stays as it is. More lenient than RFC 6902,
 * as the contract wants it: `replace` of a member that is not there adds it, and both make the objects on the way to it,
 * where null is as good as nothing. A list that is missing begins with its position `0` or `-`. Positions in lists are
 * taken strictly.
 *
 * @param operations Their values become part of the document.
 * @throws PatchRefused At the first that cannot be applied.
 * @see RFC 6902, RFC 6901; contract iam 4.1, "PATCH (JSON Patch)".
 */
export function applyPatch(document: JsonObject, operations: readonly PatchOperation[]): JsonObject {
  return operations.reduce<JsonObject>((patched, operation, index) => {
    const refuse: Refuse = (problem) => {
      throw new PatchRefused(`operation ${index}: ${problem}`);
    };
    return applied(patched, pathKeys(operation.path, refuse), { operation, refuse }) as JsonObject;
  }, document);
}

type Refuse = (problem: string) => never;

interface Applying {
  readonly operation: PatchOperation;
  readonly refuse: Refuse;
}

/**
 * A path's keys, unescaped.
 * @throws PatchRefused It is no JSON pointer, or means the document as a whole.
 */
export function pathKeys(path: string, refuse: Refuse = refusing): string[] {
  if (!path.startsWith('/') || /~(?![01])/.test(path))
    return refuse('the path is no JSON pointer to a member');
  const keys = keysOf(path);
  if (keys.length > KEYS_MAX) return refuse('the path is too long');
  // Harmless where own members are all that counts; but whoever reads the result need not know that.
  if (keys.includes('__proto__')) return refuse('the path must not name this member');
  return keys;
}

function refusing(problem: string): never {
  throw new PatchRefused(problem);
}

function applied(node: unknown, [key, ...below]: readonly string[], applying: Applying): unknown {
  const { operation, refuse } = applying;
  if (key === undefined) return 'value' in operation ? operation.value : undefined;
  const holder = node ?? holderFor(key, applying);
  if (Array.isArray(holder)) return appliedToList(holder, key, below, applying);
  if (isObject(holder)) return appliedToObject(holder, key, below, applying);
  return refuse('there is no member below a text, a number, true or false');
}

function holderFor(key: string, { operation, refuse }: Applying): unknown {
  if (operation.op === 'remove') return refuse('there is nothing at the path');
  if (key === END || key === '0') return [];
  return POSITION.test(key) ? refuse('there is no such position') : {};
}

function appliedToObject(
  object: JsonObject,
  key: string,
  below: readonly string[],
  applying: Applying,
): JsonObject {
  const { operation, refuse } = applying;
  if (operation.op !== 'remove' || below.length > 0)
    return { ...object, [key]: applied(ownMember(object, key), below, applying) };
  if (!Object.hasOwn(object, key)) return refuse('there is nothing at the path');
  const { [key]: _removed, ...rest } = object;
  return rest;
}

function appliedToList(
  list: readonly unknown[],
  key: string,
  below: readonly string[],
  applying: Applying,
): unknown[] {
  const { operation, refuse } = applying;
  const isInsertion = operation.op === 'add' && below.length === 0;
  const position = key === END && isInsertion ? list.length : POSITION.test(key) ? Number(key) : Infinity;
  if (position > list.length || (position === list.length && !isInsertion))
    return refuse('there is no such position');
  if (below.length > 0) return list.with(position, applied(list[position], below, applying));
  if (operation.op === 'remove') return list.toSpliced(position, 1);
  return list.toSpliced(position, operation.op === 'add' ? 0 : 1, operation.value);
}
