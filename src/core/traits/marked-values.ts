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
export function markedValues(plan: Plan | null, value: unknown, path: TraitPath = []): MarkedValue[] {
  if (plan === null) return [];
  const own = plan.marked !== null && typeof value === 'string' ? [{ ...plan.marked, value, path }] : [];
  return [
    ...own,
    ...(isObject(value) ? fromObject(plan, value, path) : []),
    ...(Array.isArray(value) ? fromList(plan, value, path) : []),
    ...plan.also.flatMap((one) => markedValues(one, value, path)),
    ...plan.branches.flatMap(({ matches, plan: then, otherwise }) =>
      markedValues(matches(value) ? then : otherwise, value, path),
    ),
  ];
}

function fromObject(plan: Plan, value: { readonly [name: string]: unknown }, path: TraitPath): MarkedValue[] {
  const { properties, patterns, others } = plan;
  const below = (one: Plan, name: string) => markedValues(one, value[name], [...path, name]);
  const names = Object.keys(value);
  return [
    ...properties.flatMap(([name, one]) => (Object.hasOwn(value, name) ? below(one, name) : [])),
    ...patterns.flatMap(([matches, one]) => names.filter(matches).flatMap((name) => below(one, name))),
    ...names.flatMap((name) => (others === null || others.isNamed(name) ? [] : below(others.plan, name))),
  ];
}

function fromList({ tuple, items }: Plan, list: readonly unknown[], path: TraitPath): MarkedValue[] {
  return list.flatMap((entry, index) =>
    markedValues(index < tuple.length ? (tuple[index] ?? null) : items, entry, [...path, index]),
  );
}
