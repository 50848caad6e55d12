import type { FieldProblem } from '../errors.ts';

/** The six types of factor (contract pools 4). */
export const FACTOR_TYPES = ['email', 'username', 'oidc', 'password', 'totp', 'magic_code'] as const;
export type FactorType = (typeof FACTOR_TYPES)[number];

/** Types that may find an identity. */
const IDENTIFYING: readonly FactorType[] = ['email', 'username', 'oidc'];

/** The attribute that a factor of a type may be the same as. */
const LINKABLE: Partial<Record<FactorType, FactorAttribute>> = {
  email: 'email',
  username: 'preferred_username',
};
export type FactorAttribute = 'email' | 'preferred_username';

export interface FactorDefinition {
  readonly name: string;
  readonly type: FactorType;
  /** Usable to find the identity, and unique in the pool. */
  readonly identifier: boolean;
  /** Stays on the identity between sign-ins. */
  readonly persistent: boolean;
  readonly required: boolean;
  /** Name of the claim that the value feeds. */
  readonly claim: string | null;
  /** Attribute of the record that the factor is the same as (DESIGN 4). */
  readonly attribute: FactorAttribute | null;
}

export interface FactorDefinitionInput {
  readonly name: string;
  readonly type: FactorType;
  readonly identifier?: boolean | null;
  readonly persistent?: boolean | null;
  readonly required?: boolean | null;
  readonly claim?: string | null;
  readonly attribute?: string | null;
}

/**
 * Fills defaults and checks the rules between definitions.
 *
 * @returns The definitions, and every problem with its path from `factors`.
 * @see Contract pools 3.2.
 */
export function defineFactors(input: readonly FactorDefinitionInput[]): {
  factors: FactorDefinition[];
  problems: FieldProblem[];
} {
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  const attributes = new Set<string>();
  const factors = input.map((given, index): FactorDefinition => {
    const invalid = (key: string, message: string) =>
      problems.push({ path: ['factors', index, key], code: 'invalid', message });
    if (names.has(given.name)) invalid('name', 'Factor names must be unique in a ruleset.');
    names.add(given.name);
    const mayIdentify = IDENTIFYING.includes(given.type);
    const identifier = given.identifier ?? mayIdentify;
    if (identifier && !mayIdentify) invalid('identifier', 'This type of factor cannot identify.');
    const attribute = given.attribute ?? null;
    if (attribute !== null && LINKABLE[given.type] !== attribute) {
      invalid('attribute', 'This type of factor cannot be that attribute.');
    } else if (attribute !== null) {
      if (attributes.has(attribute)) invalid('attribute', 'Only one factor can be an attribute.');
      attributes.add(attribute);
    }
    return {
      name: given.name,
      type: given.type,
      identifier,
      persistent: given.persistent ?? given.type !== 'magic_code',
      required: given.required ?? false,
      claim: given.claim ?? null,
      attribute: attribute as FactorAttribute | null,
    };
  });
  return { factors, problems };
}

/** How many extant identities a pool has, and how many of them have each factor. */
export interface FactorUse {
  readonly extant: number;
  readonly byName: ReadonlyMap<string, number>;
}

/**
 * Would identities that exist still be right under other definitions? A factor in use keeps its name, its type,
 * whether it identifies and the attribute it stands for (the indexes of stored values follow those two), and what
 * becomes required must be there already.
 *
 * @returns Why not, fit for anyone; null when nothing breaks.
 * @see Contract pools 3.3.
 */
export function findBreakage(
  before: readonly FactorDefinition[],
  after: readonly FactorDefinition[],
  use: FactorUse,
): string | null {
  const count = (name: string): number => use.byName.get(name) ?? 0;
  for (const old of before) {
    if (count(old.name) === 0) continue;
    const next = after.find((factor) => factor.name === old.name);
    if (next === undefined) return `The factor ${old.name} is in use and cannot be dropped.`;
    if (next.type !== old.type) return `The factor ${old.name} is in use and cannot change its type.`;
    if (next.identifier !== old.identifier || next.attribute !== old.attribute) {
      return `The factor ${old.name} is in use and cannot change what it identifies.`;
    }
  }
  for (const next of after) {
    if (next.required && count(next.name) < use.extant) {
      return `The factor ${next.name} cannot become required: identities without it exist.`;
    }
  }
  const identifies = (factors: readonly FactorDefinition[]) => factors.some((factor) => factor.identifier);
  if (use.extant > 0 && !identifies(before) && identifies(after)) {
    return 'Identities without an identifying factor exist.';
  }
  return null;
}
