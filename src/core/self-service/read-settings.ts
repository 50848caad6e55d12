import { type FieldPath, type FieldProblem, InvalidInput } from '../errors.ts';
import { isObject } from '../traits/pointer.ts';
import type { SelfServiceSettings } from './config.ts';
import { SELF_SERVICE_SHAPE, type Setting } from './settings-shape.ts';

type Group = { readonly [name: string]: Setting<unknown> | Group };

/**
 * Settings of self-service as an operator wrote them down; any of them may be left out.
 * @throws InvalidInput Every problem at once; names that there are not among them.
 */
export function readSelfServiceSettings(document: unknown): SelfServiceSettings {
  const problems: FieldProblem[] = [];
  const read = readGroup(SELF_SERVICE_SHAPE as unknown as Group, document, [], problems);
  if (problems.length > 0) throw new InvalidInput(problems);
  return read as SelfServiceSettings;
}

function readGroup(group: Group, value: unknown, path: FieldPath, problems: FieldProblem[]): unknown {
  if (!isObject(value)) {
    problems.push(wrong(path, 'must be an object'));
    return undefined;
  }
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => {
    const below = [...path, name];
    const known = Object.hasOwn(group, name) ? group[name] : undefined;
    if (known === undefined) {
      problems.push({ path: named(below), code: 'unknown', message: 'is no setting' });
      return [name, undefined];
    }
    if (!isSetting(known)) return [name, readGroup(known, member, below, problems)];
    const read = known.read(member);
    if (read === undefined) problems.push(wrong(below, `must be ${known.rule}`));
    return [name, read];
  });
  return Object.fromEntries(entries);
}

function isSetting(entry: Setting<unknown> | Group): entry is Setting<unknown> {
  return typeof entry.read === 'function';
}

function wrong(path: FieldPath, message: string): FieldProblem {
  return { path: named(path), code: 'invalid', message };
}

function named(path: FieldPath): FieldPath {
  return ['self_service', ...path];
}
