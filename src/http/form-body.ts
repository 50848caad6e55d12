import type { IncomingMessage } from 'node:http';
import { UnreadableBody } from '../core/errors.ts';
import { readText } from './body-bytes.ts';
import { missing, parseJsonObject } from './json-body.ts';

/** A form value: a text, a list of them, or what is unfolded from names with several parts. */
type FormNode = { [name: string]: FormNode | string | string[] };

const FIELDS_MAX = 500;
const DEPTH_MAX = 16;
const NAME_LENGTH_MAX = 512;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const EITHER_TYPE = /^application\/(?:json|x-www-form-urlencoded)\s*(?:;|$)/i;
/** `a`, `a.b`, `a[b]`, `a[b].c`, `a[]`: parts without dots and brackets, of which only the last may be empty. */
const NAME = /^[^.[\]]+(?:\.[^.[\]]+|\[[^.[\]]+\])*(?:\[\])?$/;
const PART = /[^.[\]]+/g;

/**
 * Reads a JSON object or a form, whichever the content type says. No bytes at all are a form without fields where the
 * content type is a form's.
 *
 * @throws BodyTooLarge @throws UnsupportedMediaType @throws UnreadableBody @throws BodyNotObject
 */
export async function readFormOrJson(
  request: IncomingMessage,
  options: { bytesMax: number },
): Promise<{ body: Record<string, unknown>; bodyKind: 'json' | 'form' }> {
  const text = await readText(request, { ...options, accepts: EITHER_TYPE });
  if (FORM_TYPE.test(request.headers['content-type'] ?? ''))
    return { body: parseForm(text ?? ''), bodyKind: 'form' };
  if (text === undefined) throw missing();
  return { body: parseJsonObject(text), bodyKind: 'json' };
}

/**
 * The fields of a form as an object: `traits.email` and `traits[name][first]` become objects within objects (numbers
 * are names like others), `a[]` a list, and so does a name that is sent several times. All values are texts. A name
 * that is neither is one name as a whole. `__proto__` is dropped wherever it is a part, as in JSON bodies.
 *
 * @throws UnreadableBody Broken percent-encoding, more than 500 fields, names of more than 16 parts or 512 characters,
 *   or names of which one needs a text where another needs an object.
 */
export function parseForm(text: string): Record<string, unknown> {
  const root: FormNode = {};
  const fields = text.split('&', FIELDS_MAX + 1);
  if (fields.length > FIELDS_MAX) throw new UnreadableBody('The form has too many fields.');
  for (const field of fields) {
    if (field === '') continue;
    const equals = field.indexOf('=');
    const name = decode(equals === -1 ? field : field.slice(0, equals));
    const value = equals === -1 ? '' : decode(field.slice(equals + 1));
    const { path, isList } = partsOf(name);
    if (!path.includes('__proto__')) put(root, path, { value, isList });
  }
  return root;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new UnreadableBody('The form is not percent-encoded as it should be.');
  }
}

function partsOf(name: string): { path: readonly string[]; isList: boolean } {
  if (name.length > NAME_LENGTH_MAX) throw new UnreadableBody('A name in the form is too long.');
  if (!NAME.test(name)) return { path: [name], isList: false };
  const path = name.match(PART) ?? [];
  if (path.length > DEPTH_MAX) throw new UnreadableBody('The form is nested too deeply.');
  return { path, isList: name.endsWith('[]') };
}

function put(root: FormNode, path: readonly string[], field: { value: string; isList: boolean }): void {
  let node = root;
  for (const part of path.slice(0, -1)) {
    // Only what the form itself made: `constructor` is a name like any other.
    const inner = Object.hasOwn(node, part) ? node[part] : undefined;
    const next: FormNode | string | string[] = inner ?? {};
    if (typeof next === 'string' || Array.isArray(next)) throw contradiction();
    node[part] = next;
    node = next;
  }
  const last = path.at(-1) ?? '';
  const there = Object.hasOwn(node, last) ? node[last] : undefined;
  if (typeof there === 'object' && !Array.isArray(there)) throw contradiction();
  if (there === undefined) node[last] = field.isList ? [field.value] : field.value;
  else if (Array.isArray(there)) there.push(field.value);
  else node[last] = [there, field.value];
}

function contradiction(): UnreadableBody {
  return new UnreadableBody('Two names in the form contradict each other.');
}
