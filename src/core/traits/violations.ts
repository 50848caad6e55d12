import { isObject, keysOf, ownMember, pointerTo } from './pointer.ts';
import type { SchemaFailure, TraitPath, Violation } from './ports.ts';

interface Wording {
  readonly id: number;
  readonly text: (demanded: number) => string;
}

const GENERIC: Wording = { id: 4000001, text: () => 'is not valid' };
/** By keyword: the number of Kratos' message (contract iam 6.6), and what is said where a limit is `demanded`. */
const WORDINGS: ReadonlyMap<string, Wording> = new Map<string, Wording>([
  ['minLength', { id: 4000003, text: (limit) => `length must be >= ${limit}` }],
  ['pattern', { id: 4000004, text: () => 'does not match the pattern' }],
  ['maxLength', { id: 4000017, text: (limit) => `length must be <= ${limit}` }],
  ['minimum', { id: 4000018, text: (limit) => `must be >= ${limit}` }],
  ['exclusiveMinimum', { id: 4000019, text: (limit) => `must be > ${limit}` }],
  ['maximum', { id: 4000020, text: (limit) => `must be <= ${limit}` }],
  ['exclusiveMaximum', { id: 4000021, text: (limit) => `must be < ${limit}` }],
  ['multipleOf', { id: 4000022, text: (limit) => `must be a multiple of ${limit}` }],
  ['maxItems', { id: 4000023, text: (limit) => `maximum ${limit} items allowed` }],
  ['minItems', { id: 4000024, text: (limit) => `minimum ${limit} items allowed` }],
  ['uniqueItems', { id: 4000025, text: () => 'items must be unique' }],
  ['enum', { id: 4000001, text: () => 'must be one of the values that the schema lists' }],
  ['not', { id: 4000001, text: () => 'matches what it must not' }],
]);
const FORMAT_IDS: Readonly<Record<string, number>> = { email: 4000040, tel: 4000041 };
const LIMIT_PARAMS = ['limit', 'multipleOf'];
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** A name that the schema knows, or that looks like one; anything else may be a value in the wrong place. */
function safeName(name: string, known: ReadonlySet<string>): string {
  return known.has(name) || NAME.test(name) ? name : '*';
}

/** @param known Names of properties that the schema has. */
export function violationOf(
  failure: SchemaFailure,
  instance: unknown,
  known: ReadonlySet<string>,
): Violation {
  const { keyword, schemaPath, params } = failure;
  const path = pathOf(failure.instancePointer, instance, known);
  const common = { instancePath: path, schemaPath, keyword };
  const name = (member: string): string | null =>
    typeof params[member] === 'string' ? safeName(params[member], known) : null;
  const missing = name('missingProperty');
  if (missing !== null) {
    return {
      ...common,
      instancePath: [...path, missing],
      params: { missingProperty: missing },
      messageId: 4000002,
      text: `Property ${missing} is missing.`,
    };
  }
  const extra = name('additionalProperty');
  if (extra !== null)
    return { ...common, params: {}, messageId: 4000001, text: `additionalProperties "${extra}" not allowed` };
  if (keyword === 'type')
    return {
      ...common,
      params: {},
      messageId: 4000026,
      text: typeText(params.type, valueAtPath(instance, failure)),
    };
  if (keyword === 'format') return { ...common, params: {}, ...formatWording(params.format) };
  if (keyword === 'const') return { ...common, params: {}, ...constWording(params.allowedValue) };
  return limited(common, params);
}

function limited(
  common: Pick<Violation, 'instancePath' | 'schemaPath' | 'keyword'>,
  params: SchemaFailure['params'],
): Violation {
  const limit = LIMIT_PARAMS.map((member) => params[member]).find((one) => typeof one === 'number');
  const { id, text } = WORDINGS.get(common.keyword) ?? GENERIC;
  return {
    ...common,
    params: typeof limit === 'number' ? { limit } : {},
    messageId: id,
    text: text(typeof limit === 'number' ? limit : 0),
  };
}

/** What an address that is none is told, whether the schema's format or its channel says so. */
export function formatWording(format: unknown): Pick<Violation, 'messageId' | 'text'> {
  return {
    messageId: (typeof format === 'string' ? FORMAT_IDS[format] : undefined) ?? 4000001,
    text: `is not valid "${format}"`,
  };
}

function constWording(constant: unknown): Pick<Violation, 'messageId' | 'text'> {
  const isScalar = typeof constant !== 'object' || constant === null;
  return isScalar
    ? { messageId: 4000029, text: `must be equal to constant ${JSON.stringify(constant)}` }
    : { messageId: 4000030, text: 'must be equal to the constant of the schema' };
}

function typeText(expected: unknown, value: unknown): string {
  const found = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return `expected ${[expected].flat().join(' or ')}, but got ${found}`;
}

function valueAtPath(instance: unknown, { instancePointer }: SchemaFailure): unknown {
  return keysOf(instancePointer).reduce(ownMember, instance);
}

/** A pointer as a path, numbers where lists are. */
function pathOf(pointer: string, instance: unknown, known: ReadonlySet<string>): TraitPath {
  let node = instance;
  return keysOf(pointer).map((key) => {
    const isEntry = Array.isArray(node);
    node = ownMember(node, key);
    return isEntry ? Number(key) : safeName(key, known);
  });
}

const SUMMARIES = new Set(['anyOf', 'oneOf', 'allOf', 'if', 'propertyNames']);

/** Leaves out what only says that something below it failed. */
export function withoutSummaries(failures: readonly SchemaFailure[]): SchemaFailure[] {
  const leaves = failures.filter(({ keyword }) => !SUMMARIES.has(keyword));
  return failures.filter(
    (one) =>
      !SUMMARIES.has(one.keyword) ||
      !leaves.some(({ instancePointer }) => `${instancePointer}/`.startsWith(`${one.instancePointer}/`)),
  );
}

/** Names of properties that a schema mentions anywhere. */
export function namesIn(schema: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties, required } = isObject(node) ? node : {};
    for (const name of isObject(properties) ? Object.keys(properties) : []) names.add(name);
    for (const name of Array.isArray(required) ? required : []) if (typeof name === 'string') names.add(name);
    Object.values(node).forEach(visit);
  };
  visit(schema);
  return names;
}

/** The reason that contract iam 4.1 asks for: `I[#/traits/email] S[#/properties/…/format] is not valid "email"`. */
export function reasonOf({ instancePath, schemaPath, params: { missingProperty }, text }: Violation): string {
  const path = missingProperty === undefined ? instancePath : instancePath.slice(0, -1);
  const said = missingProperty === undefined ? text : `missing properties: "${missingProperty}"`;
  return `I[#${pointerTo('', ...path)}] S[${schemaPath}] ${said}`;
}

/** The reasons of several violations, a line each. */
export function reasonsOf(violations: readonly Violation[]): string {
  return violations.map(reasonOf).join('\n');
}
