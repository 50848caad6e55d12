import type { TraitField, Traits } from '../../traits/ports.ts';
import type { Submission } from '../visit.ts';
import { readTraits } from './read-traits.ts';

/**
 * The traits that somebody shall have. As JSON they are what was sent. A form sends no fields that are disabled, no
 * unticked checkbox, and nothing that no field shows: all of that stays as it is, but what can be ticked is unticked.
 *
 * @returns Undefined where none were sent.
 */
export function ownTraits(
  submission: Pick<Submission, 'body' | 'isForm'>,
  fields: readonly TraitField[],
  before: Traits,
): unknown {
  const sent = readTraits(submission, fields);
  if (sent === undefined || sent === null) return undefined;
  if (!submission.isForm || !isObject(sent)) return sent;
  const open = fields.filter(({ disabled }) => disabled !== true);
  const kept = open.reduce<Traits>((traits, field) => {
    const path = field.path.slice(1);
    const isTicked = field.type === 'checkbox' && valueAt(before, path) === true;
    return withValue(traits, path, isTicked ? false : undefined);
  }, before);
  return merge(kept, sent);
}

function valueAt(traits: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    traits,
  );
}

/** @param value Undefined: nothing is there, and what holds nothing else is gone too. */
function withValue(traits: Traits, [name, ...rest]: readonly string[], value: unknown): Traits {
  if (name === undefined) return traits;
  const { [name]: inner, ...others } = traits;
  if (rest.length === 0) return value === undefined ? others : { ...traits, [name]: value };
  if (!isObject(inner)) return traits;
  const next = withValue(inner, rest, value);
  return Object.keys(next).length === 0 ? others : { ...traits, [name]: next };
}

function merge(kept: Traits, sent: Traits): Traits {
  const merged = Object.entries(sent).map(([name, value]) => {
    const old = Object.hasOwn(kept, name) ? kept[name] : undefined;
    return [name, isObject(old) && isObject(value) ? merge(old, value) : value] as const;
  });
  return { ...kept, ...Object.fromEntries(merged) };
}

function isObject(value: unknown): value is Traits {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
