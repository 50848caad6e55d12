import type { ValidatedDialect } from './ports.ts';

/** What stands under a keyword: subschemas, or something that decides, or words for people. */
type KeywordKind =
  | 'schema'
  | 'schemas'
  | 'schemaOrSchemas'
  | 'schemaMap'
  | 'schemaOrNamesMap'
  | 'assertion'
  | 'annotation'
  | 'mark';

/** The extension of Kratos (contract iam 5) and ours (DESIGN 4). */
export const KRATOS = 'ory.sh/kratos';
export const SELFSAME = 'selfsame';

function all<Kind extends KeywordKind>(kind: Kind, ...names: string[]): [string, Kind][] {
  return names.map((name) => [name, kind]);
}

/** What a schema may say, in any dialect; everything else is refused. */
export const KEYWORDS: ReadonlyMap<string, KeywordKind> = new Map<string, KeywordKind>([
  ...all('schema', 'additionalProperties', 'additionalItems', 'contains', 'propertyNames'),
  ...all('schema', 'not', 'if', 'then', 'else'),
  ...all('schemas', 'allOf', 'anyOf', 'oneOf'),
  ...all('schemaOrSchemas', 'items'),
  ...all('schemaMap', 'properties', 'patternProperties', 'definitions'),
  ...all('schemaOrNamesMap', 'dependencies'),
  ...all('assertion', '$ref', 'type', 'enum', 'const', 'required', 'format', 'pattern'),
  ...all('assertion', 'minLength', 'maxLength', 'multipleOf', 'uniqueItems', 'minItems', 'maxItems'),
  ...all('assertion', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'),
  ...all('assertion', 'minProperties', 'maxProperties'),
  ...all('annotation', 'title', 'description', 'default', 'examples', '$comment', 'readOnly', 'writeOnly'),
  ...all('annotation', 'deprecated', 'disableFormField'),
  ...all('mark', KRATOS, SELFSAME),
]);

/** What the dialects after draft-07 add. */
export const NEWER_KEYWORDS: ReadonlyMap<string, KeywordKind> = new Map<string, KeywordKind>([
  ...KEYWORDS,
  ...all('schemas', 'prefixItems'),
  ...all('schemaMap', '$defs', 'dependentSchemas'),
  ...all('assertion', 'dependentRequired', 'minContains', 'maxContains'),
]);

/** Of the document's root only. */
export const ROOT_KEYWORDS: ReadonlySet<string> = new Set(['$id', '$schema']);

/** `no-validate` checks nothing (contract iam 5); the others are the standard's, and `tel` an international number. */
export const FORMATS: ReadonlySet<string> = new Set([
  ...['email', 'tel', 'no-validate', 'date', 'time', 'date-time', 'duration'],
  ...['uri', 'uri-reference', 'hostname', 'ipv4', 'ipv6', 'uuid'],
]);

const DIALECTS: ReadonlyMap<unknown, ValidatedDialect> = new Map<unknown, ValidatedDialect>([
  [undefined, '07'],
  ['http://json-schema.org/draft-07/schema', '07'],
  ['https://json-schema.org/draft/2019-09/schema', '2019-09'],
  ['https://json-schema.org/draft/2020-12/schema', '2020-12'],
]);

/** The dialect that `$schema` names; draft-07 without one; null for another. */
export function dialectOf(name: unknown): ValidatedDialect | null {
  const known =
    typeof name === 'string' ? name.replace(/#$/, '').replace(/^https(?=.*draft-07)/, 'http') : name;
  return DIALECTS.get(known) ?? null;
}

export function keywordsOf(dialect: ValidatedDialect): ReadonlyMap<string, KeywordKind> {
  return dialect === '07' ? KEYWORDS : NEWER_KEYWORDS;
}
