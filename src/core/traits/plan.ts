import { readMarks, type TraitMarks } from './marks.ts';
import { compilePattern } from './pattern.ts';
import { isObject, type JsonObject, pointerTo } from './pointer.ts';
import { referenceOf } from './references.ts';

export type Matcher = (value: unknown) => boolean;

/** A marked schema: what it says of a value, where, and the format that it asks of it. */
export interface MarkedSchema {
  readonly marks: TraitMarks;
  readonly format: string | null;
  readonly pointer: string;
}

/** The part of a schema in which marks are, as a way to walk a value: nothing that leads to no mark is in it. */
export interface Plan {
  readonly marked: MarkedSchema | null;
  readonly properties: readonly (readonly [name: string, plan: Plan])[];
  readonly patterns: readonly (readonly [matches: (name: string) => boolean, plan: Plan])[];
  /** For properties that the schema does not name. */
  readonly others: { readonly isNamed: (name: string) => boolean; readonly plan: Plan } | null;
  readonly tuple: readonly (Plan | null)[];
  /** For entries after the tuple. */
  readonly items: Plan | null;
  /** Of the same value: behind `$ref` and `allOf`. */
  readonly also: readonly Plan[];
  /** Of the same value, where it matches; `otherwise` where it does not. */
  readonly branches: readonly {
    readonly matches: Matcher;
    readonly plan: Plan | null;
    readonly otherwise: Plan | null;
  }[];
}

export interface PlanDeps {
  readonly document: JsonObject;
  readonly matcherAt: (pointer: string) => Matcher;
}

/** @returns Null when nothing is marked at or below. The document has passed `checkSchema`. */
export function planOf(deps: PlanDeps, node: unknown, pointer: string): Plan | null {
  if (!isObject(node)) return null;
  const marks = readMarks(node);
  const plan: Plan = {
    marked: marks && { marks, format: typeof node.format === 'string' ? node.format : null, pointer },
    ...objectParts(deps, node, pointer),
    ...listParts(deps, node, pointer),
    also: alsoOf(deps, node, pointer),
    branches: branchesOf(deps, node, pointer),
  };
  const { properties, patterns, others, tuple, items, also, branches } = plan;
  const isEmpty = [properties, patterns, tuple.filter((one) => one !== null), also, branches].every(
    ({ length }) => length === 0,
  );
  return isEmpty && plan.marked === null && others === null && items === null ? null : plan;
}

function objectParts(deps: PlanDeps, node: JsonObject, pointer: string) {
  const named = isObject(node.properties) ? node.properties : {};
  const byPattern = isObject(node.patternProperties) ? Object.entries(node.patternProperties) : [];
  const tests = byPattern.map(([pattern, child]) => {
    const plan = planOf(deps, child, pointerTo(pointer, 'patternProperties', pattern));
    return { matches: nameMatcher(pattern), plan };
  });
  const rest = planOf(deps, node.additionalProperties, pointerTo(pointer, 'additionalProperties'));
  return {
    properties: Object.entries(named).flatMap(([name, child]) => {
      const plan = planOf(deps, child, pointerTo(pointer, 'properties', name));
      return plan === null ? [] : [[name, plan] as const];
    }),
    patterns: tests.flatMap(({ matches, plan }) => (plan === null ? [] : [[matches, plan] as const])),
    others: rest && {
      isNamed: (name: string) => Object.hasOwn(named, name) || tests.some(({ matches }) => matches(name)),
      plan: rest,
    },
  };
}

/** Longer names match no pattern: how long a look at names takes must not depend on who chose them. */
const MATCHED_NAME_MAX = 256;

function nameMatcher(pattern: string): (name: string) => boolean {
  const regex = compilePattern(pattern);
  return (name) => 'test' in regex && name.length <= MATCHED_NAME_MAX && regex.test(name);
}

function listParts(deps: PlanDeps, { items, prefixItems }: JsonObject, pointer: string) {
  const keyword = Array.isArray(prefixItems) ? 'prefixItems' : 'items';
  const list = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
  return {
    tuple: list.map((child, index) => planOf(deps, child, pointerTo(pointer, keyword, index))),
    items: planOf(deps, items, pointerTo(pointer, 'items')),
  };
}

function alsoOf(deps: PlanDeps, node: JsonObject, pointer: string): Plan[] {
  const target = referenceOf(node, deps.document);
  const behind = target === null ? [] : [planOf(deps, target.node, target.pointer)];
  return [
    ...behind,
    ...listed(node.allOf).map((child, index) => planOf(deps, child, pointerTo(pointer, 'allOf', index))),
  ].filter((plan) => plan !== null);
}

function branchesOf(deps: PlanDeps, node: JsonObject, pointer: string): Plan['branches'] {
  const branch = (at: string, plan: Plan | null, otherwise: Plan | null) =>
    plan === null && otherwise === null ? [] : [{ matches: deps.matcherAt(at), plan, otherwise }];
  const alternatives = ['anyOf', 'oneOf'].flatMap((keyword) =>
    listed(node[keyword]).flatMap((child, index) => {
      const at = pointerTo(pointer, keyword, index);
      return branch(at, planOf(deps, child, at), null);
    }),
  );
  if (node.if === undefined) return alternatives;
  const part = (keyword: string) => planOf(deps, node[keyword], pointerTo(pointer, keyword));
  const at = pointerTo(pointer, 'if');
  return [...alternatives, ...branch(at, part('if'), null), ...branch(at, part('then'), part('else'))];
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
