import { ATTRIBUTES } from '../identities/attributes.ts';
import { InvalidSchema, type SchemaProblem } from './errors.ts';
import { dialectOf, FORMATS, KRATOS, keywordsOf, ROOT_KEYWORDS, SELFSAME } from './keywords.ts';
import { exceededLimit, REPORTED_MAX, SCHEMA_LIMITS } from './limits.ts';
import { markProblems } from './marks.ts';
import { compilePattern } from './pattern.ts';
import { isObject, type JsonObject, ownMember, pointerTo } from './pointer.ts';
import type { ValidatedDialect } from './ports.ts';
import { referenceOf, referenceProblems } from './references.ts';
import { allSubschemas, type Subschema } from './subschemas.ts';

const LIMIT_MESSAGES = {
  depth: `must not nest deeper than ${SCHEMA_LIMITS.depth} levels`,
  values: `must have at most ${SCHEMA_LIMITS.values} values`,
  text: `must have at most ${SCHEMA_LIMITS.text} characters of text`,
  listLength: `must have lists of at most ${SCHEMA_LIMITS.listLength} entries`,
};

/**
 * Everything that must hold of a schema before it is compiled: its size, its keywords, formats, references, patterns
 * and marks. Whether each keyword has the type that the standard demands is the validator's to say.
 * @throws InvalidSchema With the problems of the first of these groups that has any.
 */
export function checkSchema(document: unknown): { document: JsonObject; dialect: ValidatedDialect } {
  const exceeded = exceededLimit(document, SCHEMA_LIMITS);
  if (exceeded !== null) throw new InvalidSchema([{ pointer: '', message: LIMIT_MESSAGES[exceeded] }]);
  if (!isObject(document)) throw new InvalidSchema([{ pointer: '', message: 'must be an object' }]);
  const dialect = dialectOf(document.$schema);
  if (dialect === null)
    throw new InvalidSchema([{ pointer: '/$schema', message: 'must be draft-07, 2019-09 or 2020-12' }]);
  const subschemas = allSubschemas(document);
  for (const group of [keywordProblems(subschemas, dialect), referenceProblems(document)]) refuse(group);
  refuse([...rootProblems(document), ...subschemas.flatMap(textProblems), ...placeProblems(subschemas)]);
  refuse([
    ...subschemas.flatMap(({ node, pointer }) =>
      isObject(node) && Object.hasOwn(node, KRATOS) ? marked(node, pointer, document) : [],
    ),
    ...attributeProblems(subschemas, document),
  ]);
  return { document, dialect };
}

function refuse(problems: readonly SchemaProblem[]): void {
  if (problems.length > 0) throw new InvalidSchema(problems.slice(0, REPORTED_MAX));
}

function keywordProblems(subschemas: readonly Subschema[], dialect: ValidatedDialect): SchemaProblem[] {
  const known = keywordsOf(dialect);
  return subschemas.flatMap(({ node, pointer }) =>
    Object.keys(isObject(node) ? node : {})
      .filter((keyword) => !known.has(keyword) && !(pointer === '' && ROOT_KEYWORDS.has(keyword)))
      .map((keyword) => ({
        pointer: pointerTo(pointer, keyword),
        message: 'is not a keyword that may be used here',
      })),
  );
}

function rootProblems({ properties }: JsonObject): SchemaProblem[] {
  const traits = ownMember(properties, 'traits');
  if (ownMember(traits, 'type') === 'object') return [];
  return [{ pointer: '/properties/traits', message: 'must be a schema of type object' }];
}

function textProblems({ node, pointer }: Subschema): SchemaProblem[] {
  if (!isObject(node)) return [];
  const { format, pattern, patternProperties, properties } = node;
  const problems: SchemaProblem[] = [];
  if (typeof format === 'string' && !FORMATS.has(format))
    problems.push({
      pointer: pointerTo(pointer, 'format'),
      message: `must be one of ${[...FORMATS].join(', ')}`,
    });
  if (typeof pattern === 'string') problems.push(...patternProblems(pattern, pointerTo(pointer, 'pattern')));
  for (const one of Object.keys(isObject(patternProperties) ? patternProperties : {}))
    problems.push(...patternProblems(one, pointerTo(pointer, 'patternProperties', one)));
  // It would be read from, and written to, what every object inherits from.
  if (isObject(properties) && Object.hasOwn(properties, '__proto__'))
    problems.push({
      pointer: pointerTo(pointer, 'properties', '__proto__'),
      message: 'is a name that may not be used',
    });
  return problems;
}

function patternProblems(pattern: string, pointer: string): SchemaProblem[] {
  const regex = compilePattern(pattern);
  return 'problem' in regex ? [{ pointer, message: regex.problem }] : [];
}

/**
 * Keywords under which a value is judged, but is no trait: what stands there is not collected, so it may not be
 * marked.
 */
const NO_TRAITS = /\/(?:not|contains|propertyNames|additionalItems|dependencies|dependentSchemas)(?:\/|$)/;

function placeProblems(subschemas: readonly Subschema[]): SchemaProblem[] {
  return subschemas
    .filter(({ node, pointer }) => NO_TRAITS.test(keywordPath(pointer)) && isObject(node))
    .flatMap(({ node, pointer }) =>
      [KRATOS, SELFSAME]
        .filter((mark) => ownMember(node, mark) !== undefined)
        .map((mark) => ({ pointer: pointerTo(pointer, mark), message: 'must stand on a trait' })),
    );
}

/** A pointer without the names of properties, which may be words such as `not`. */
function keywordPath(pointer: string): string {
  return pointer.replaceAll(/\/(properties|patternProperties|definitions|\$defs)\/[^/]*/g, '/$1');
}

function marked(node: JsonObject, pointer: string, document: JsonObject): SchemaProblem[] {
  const problems = markProblems(node, pointer);
  if (mayBeText(node, document)) return problems;
  return [
    ...problems,
    { pointer: pointerTo(pointer, KRATOS), message: 'must stand on a trait of type string' },
  ];
}

/** Marks of attributes: the home of each must be found without looking at a record, so it is a plain property. */
function attributeProblems(subschemas: readonly Subschema[], document: JsonObject): SchemaProblem[] {
  const seen = new Set<string>();
  return subschemas.flatMap(({ node, pointer }) => {
    if (!isObject(node) || !Object.hasOwn(node, SELFSAME)) return [];
    const at = pointerTo(pointer, SELFSAME);
    const problem = (message: string): SchemaProblem[] => [{ pointer: at, message }];
    const name = ownMember(node[SELFSAME], 'attribute');
    if (!isObject(node[SELFSAME]) || Object.keys(node[SELFSAME]).some((member) => member !== 'attribute'))
      return problem('must be an object with the member attribute and no other');
    if (typeof name !== 'string' || !ATTRIBUTES.some((attribute) => attribute === name))
      return problem(`attribute must be one of ${ATTRIBUTES.join(', ')}`);
    if (seen.has(name)) return problem(`the attribute ${name} has a home already`);
    seen.add(name);
    if (!/^\/properties\/traits(?:\/properties\/[^/]*)+$/.test(pointer))
      return problem('must stand on a property of traits, not behind $ref nor in a branch');
    return isText(node, document) ? [] : problem('must stand on a trait of type string');
  });
}

function isText(node: JsonObject, document: JsonObject): boolean {
  const types = typesOf(node, document);
  return types?.includes('string') === true && types.every((type) => type === 'string' || type === 'null');
}

function mayBeText(node: JsonObject, document: JsonObject): boolean {
  return typesOf(node, document)?.includes('string') ?? true;
}

/** The types that a schema names, itself or through its reference; null when neither does. */
function typesOf(node: JsonObject, document: JsonObject): unknown[] | null {
  if (node.type !== undefined) return [node.type].flat();
  const target = referenceOf(node, document);
  return target !== null && isObject(target.node) ? typesOf(target.node, document) : null;
}
