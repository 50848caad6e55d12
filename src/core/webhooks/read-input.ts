import type { FieldPath, FieldProblem } from '../errors.ts';
import { KEY_INFLECTIONS } from '../keys/key-kinds.ts';
import type { Environment, KeyInflection } from '../ports.ts';
import {
  CONDITION_FIELDS,
  CONDITION_OPERATORS,
  type Comparable,
  type Condition,
  type ConditionField,
} from './conditions.ts';
import { DIALECT_BY_NAME } from './dialects.ts';
import { isOutgoingUrl, outgoingUrlRule } from './outgoing-url.ts';
import { DIALECTS, type DialectName } from './ports.ts';

/** As a caller sent it; nothing is known of any value yet. What is absent is undefined. */
export type WebhookInput = Readonly<Partial<Record<WebhookInputField, unknown>>>;
export const WEBHOOK_INPUT_FIELDS = [
  'url',
  'dialect',
  'enabled_events',
  'attribute_blocklist',
  'event_filter_conditions',
  'key_inflection',
  'label',
  'description',
  'is_active',
] as const;
type WebhookInputField = (typeof WEBHOOK_INPUT_FIELDS)[number];

/** What was sent and is valid; what was not sent is undefined. */
export interface ReadWebhook {
  readonly url: string | undefined;
  readonly enabledEvents: readonly string[] | null | undefined;
  readonly attributeBlocklist: readonly string[] | undefined;
  readonly conditions: readonly Condition[] | undefined;
  readonly keyInflection: KeyInflection | undefined;
  readonly label: string | null | undefined;
  readonly description: string | null | undefined;
  readonly isActive: boolean | undefined;
}

const LABEL_LENGTH_MAX = 200;
const DESCRIPTION_LENGTH_MAX = 1000;
const LIST_LENGTH_MAX = 100;
const NAME_LENGTH_MAX = 200;
const VALUE_LENGTH_MAX = 255;

/** Gathers every problem; a value with a problem reads as undefined. */
export function readWebhook(
  input: WebhookInput,
  rules: { readonly dialect: DialectName; readonly environment: Environment; readonly plainHttp: boolean },
): { read: ReadWebhook; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const refuse = (path: FieldPath, message: string): undefined => {
    problems.push({ path, code: 'invalid', message });
    return undefined;
  };
  const { dialect, environment, plainHttp } = rules;
  const read: ReadWebhook = {
    url: readUrl(input.url, plainHttp || environment === 'sandbox', refuse),
    enabledEvents: readEvents(input.enabled_events, DIALECT_BY_NAME[dialect].events, refuse),
    attributeBlocklist: readNames(input.attribute_blocklist, refuse),
    conditions: readConditions(input.event_filter_conditions, refuse),
    keyInflection: readInflection(input.key_inflection, refuse),
    label: readText('label', input.label, LABEL_LENGTH_MAX, refuse),
    description: readText('description', input.description, DESCRIPTION_LENGTH_MAX, refuse),
    isActive: readSwitch(input.is_active, refuse),
  };
  return { read, problems };
}

/** Null where it names no dialect that there is. */
export function readDialect(value: unknown): DialectName | null {
  if (value === undefined || value === null) return 'verification';
  return DIALECTS.find((name) => name === value) ?? null;
}

type Refuse = (path: FieldPath, message: string) => undefined;

function isText(value: unknown, max: number): value is string {
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    [...value].length <= max &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value)
  );
}

function readUrl(value: unknown, allowsHttp: boolean, refuse: Refuse): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && isOutgoingUrl(value, { allowsHttp })) return value;
  return refuse(['url'], outgoingUrlRule({ allowsHttp }));
}

function readEvents(
  value: unknown,
  known: readonly string[],
  refuse: Refuse,
): readonly string[] | null | undefined {
  if (value === undefined || value === null) return value;
  const path = ['enabled_events'];
  if (!Array.isArray(value) || value.length === 0) {
    return refuse(path, 'must be a list of at least one event, or null for all events');
  }
  const names = [...new Set<unknown>(value.slice(0, LIST_LENGTH_MAX))];
  if (names.some((name) => name !== '*' && !known.includes(String(name)))) {
    return refuse(path, `must be a list of these: *, ${known.join(', ')}`);
  }
  return names.includes('*') ? null : names.map(String);
}

function readNames(value: unknown, refuse: Refuse): readonly string[] | undefined {
  if (value === undefined || value === null) return value === null ? [] : undefined;
  const isList = Array.isArray(value) && value.length <= LIST_LENGTH_MAX;
  if (!isList || !value.every((name) => isText(name, NAME_LENGTH_MAX))) {
    return refuse(['attribute_blocklist'], `must be a list of at most ${LIST_LENGTH_MAX} names of fields`);
  }
  return [...new Set<string>(value)];
}

function readConditions(value: unknown, refuse: Refuse): readonly Condition[] | undefined {
  if (value === undefined || value === null) return value === null ? [] : undefined;
  if (!Array.isArray(value) || value.length > LIST_LENGTH_MAX) {
    return refuse(['event_filter_conditions'], `must be a list of at most ${LIST_LENGTH_MAX} conditions`);
  }
  const conditions: (Condition | undefined)[] = value.map((item: unknown, index) =>
    readCondition(item, ['event_filter_conditions', index], refuse),
  );
  return conditions.filter((condition) => condition !== undefined);
}

function readCondition(item: unknown, path: FieldPath, refuse: Refuse): Condition | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return refuse(path, 'must be an object with field, operator and value');
  }
  const { field: name, operator: verb, value } = item as Record<string, unknown>;
  const field = CONDITION_FIELDS.find((known) => known === name);
  const operator = CONDITION_OPERATORS.find((known) => known === verb);
  if (field === undefined) refuse([...path, 'field'], `must be one of ${CONDITION_FIELDS.join(', ')}`);
  if (operator === undefined) {
    refuse([...path, 'operator'], `must be one of ${CONDITION_OPERATORS.join(', ')}`);
  }
  if (field === undefined || operator === undefined) return undefined;
  const message = operator === 'in' ? `must be a list of ${KINDS[field]}` : `must be ${KINDS[field]}`;
  if (operator === 'in') {
    const isList = Array.isArray(value) && value.length > 0 && value.length <= LIST_LENGTH_MAX;
    if (!isList || !value.every((one) => isValueOf(field, one))) return refuse([...path, 'value'], message);
    return { field, operator, value };
  }
  if (!isValueOf(field, value)) return refuse([...path, 'value'], message);
  return { field, operator, value };
}

const KINDS: Readonly<Record<ConditionField, string>> = {
  status: 'a text',
  external_ref: 'a text or null',
  is_sandbox: 'true or false',
};

function isValueOf(field: ConditionField, value: unknown): value is Comparable {
  if (field === 'is_sandbox') return typeof value === 'boolean';
  return isText(value, VALUE_LENGTH_MAX) || (field === 'external_ref' && value === null);
}

function readInflection(value: unknown, refuse: Refuse): KeyInflection | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'snake';
  const known = KEY_INFLECTIONS.find((inflection) => inflection === value);
  return known ?? refuse(['key_inflection'], `must be one of ${KEY_INFLECTIONS.join(', ')}`);
}

function readText(name: string, value: unknown, max: number, refuse: Refuse): string | null | undefined {
  if (value === undefined || value === null) return value;
  return isText(value, max) ? value : refuse([name], `must be a text of 1 to ${max} characters, or null`);
}

function readSwitch(value: unknown, refuse: Refuse): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  return refuse(['is_active'], 'must be true or false');
}
