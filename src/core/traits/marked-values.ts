import type { MarkedSchema, Plan } from './plan.ts';
import { isObject } from './pointer.ts';
import type { TraitPath } from './ports.ts';

/** A text that a marked schema stands for. */
export interface MarkedValue extends MarkedSchema {
  readonly value: string;
  readonly path: TraitPath;
}

/**
 * Every text under a mark, in the order of the schema: at any depth, behind references, and in those branches that the
 * value matches. One text comes once for each mark that it stands under.
 */
export function markedValues(plan: Plan | null, value: unknown): MarkedValue[] {
  const found: MarkedValue[] = [];
  if (plan !== null) gather(found, plan, value, []);
  return found;
}

/** Into one list, since a list for every part of the schema would cost more than all that is looked at. */
function gather(found: MarkedValue[], plan: Plan, value: unknown, path: TraitPath): void {
  if (plan.marked !== null && typeof value === 'string') found.push({ ...plan.marked, value, path });
  if (isObject(value)) fromObject(found, plan, value, path);
  else if (Array.isArray(value)) fromList(found, plan, value, path);
  for (const one of plan.also) gather(found, one, value, path);
  for (const { matches, plan: then, otherwise } of plan.branches) {
    const taken = matches(value) ? then : otherwise;
    if (taken !== null) gather(found, taken, value, path);
  }
}

function fromObject(
  found: MarkedValue[],
  { properties, patterns, others }: Plan,
  value: { readonly [name: string]: unknown },
  path: TraitPath,
): void {
  for (const [name, one] of properties)
    if (Object.hasOwn(value, name)) gather(found, one, value[name], [...path, name]);
  if (patterns.length === 0 && others === null) return;
  const names = Object.keys(value);
  for (const [matches, one] of patterns)
    for (const name of names) if (matches(name)) gather(found, one, value[name], [...path, name]);
  if (others === null) return;
  for (const name of names)
    if (!others.isNamed(name)) gather(found, others.plan, value[name], [...path, name]);
}

function fromList(
  found: MarkedValue[],
  { tuple, items }: Plan,
  list: readonly unknown[],
  path: TraitPath,
): void {
  for (const [index, entry] of list.entries()) {
    const plan = index < tuple.length ? (tuple[index] ?? null) : items;
    if (plan !== null) gather(found, plan, entry, [...path, index]);
  }
}
