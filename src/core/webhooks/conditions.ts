/** What conditions may look at: the data of an event. */
export const CONDITION_FIELDS = ['status', 'external_ref', 'is_sandbox'] as const;
export type ConditionField = (typeof CONDITION_FIELDS)[number];
export const CONDITION_OPERATORS = ['eq', 'neq', 'in'] as const;
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

export type Comparable = string | boolean | null;

/** `in` takes a list, the others one value; null stands for "has none". */
export interface Condition {
  readonly field: ConditionField;
  readonly operator: ConditionOperator;
  readonly value: Comparable | readonly Comparable[];
}

/**
 * Whether all conditions hold. One that cannot be evaluated (a field that the event does not have, an operator of a
 * later release, a list where one value belongs) does not: rather no message than one that somebody wanted kept out.
 */
export function holds(
  conditions: readonly Condition[],
  data: Readonly<Partial<Record<ConditionField, unknown>>>,
): boolean {
  return conditions.every(({ field, operator, value }) => {
    const actual = data[field];
    if (!isComparable(actual)) return false;
    if (operator === 'in') return Array.isArray(value) && value.includes(actual);
    if (!isComparable(value)) return false;
    if (operator === 'eq') return actual === value;
    return operator === 'neq' && actual !== value;
  });
}

function isComparable(value: unknown): value is Comparable {
  return typeof value === 'string' || typeof value === 'boolean' || value === null;
}
