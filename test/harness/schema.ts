import assert from 'node:assert/strict';
import { Check, Errors } from 'typebox/schema';
import type { Reply, TestServer } from './server.ts';

type Json = { readonly [key: string]: unknown };

interface Document extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}

/** Checks replies against what a surface publishes about itself. */
export interface ReplyChecker {
  readonly document: Document;
  /**
   * Fails the test unless the operation publishes the reply's status, and the body fits that status' schema with no
   * key beyond those that it names.
   * @returns The operation's id; null when the document has no such path and method.
   */
  check(method: string, path: string, reply: Reply): string | null;
}

/** Reads a surface's OpenAPI document from the server itself. */
export async function openReplyChecker(server: TestServer, surface: string): Promise<ReplyChecker> {
  const { status, body } = await server.call('GET', `/openapi/${surface}.json`, { key: null });
  assert.equal(status, 200, `no OpenAPI document for ${surface}`);
  const document: Document = body;
  const schemas = new Map<string, Json>();
  const routes = Object.keys(document.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
  }));
  // A fixed path comes before one with a parameter in the same place.
  routes.sort((a, b) => Number(a.template.includes('{')) - Number(b.template.includes('{')));
  return {
    document,
    check(method, path, reply) {
      const bare = path.split('?', 1)[0] ?? '';
      // A fixed path of one method may be a parameter's value for another.
      const operation = routes
        .filter(({ pattern }) => pattern.test(bare))
        .map(({ template }) => document.paths[template]?.[method.toLowerCase()])
        .find((found) => found !== undefined);
      if (operation === undefined) return null;
      const place = `${operation.operationId} ${reply.status}`;
      const response = operation.responses[`${reply.status}`];
      assert.ok(response, `${place}: a status that the reference does not name: ${reply.text}`);
      const published = response.content?.['application/json']?.schema;
      if (published === undefined) return operation.operationId;
      const schema = schemas.get(place) ?? closed(resolve(document, published));
      schemas.set(place, schema);
      assertFits(schema, reply.body, place);
      return operation.operationId;
    },
  };
}

/** Fails the test, naming the places that do not fit, unless a value fits a JSON Schema. */
export function assertFits(schema: Json, value: unknown, place: string): void {
  if (Check(schema, value)) return;
  const [, errors] = Errors(schema, value);
  const places = errors.map((error) => `${JSON.stringify(error)}`).join('\n');
  assert.fail(`${place} does not fit its schema:\n${places}\n${JSON.stringify(value)}`);
}

/** The schema with every reference replaced by what it refers to. */
function resolve(document: Document, schema: Json): Json {
  const { $ref } = schema;
  if (typeof $ref === 'string') {
    const found = document.components.schemas[$ref.split('/').at(-1) ?? ''];
    assert.ok(found, `${$ref} is not in the document`);
    return resolve(document, found);
  }
  return mapSchema(schema, (inner) => resolve(document, inner));
}

/** The schema with every object that names properties closed against others. */
function closed(schema: Json): Json {
  const inner = mapSchema(schema, closed);
  return inner.properties === undefined ? inner : { additionalProperties: false, ...inner };
}

function mapSchema(schema: Json, change: (schema: Json) => Json): Json {
  const apply = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(apply);
    return typeof value === 'object' && value !== null ? change(value as Json) : value;
  };
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (['items', 'anyOf', 'oneOf', 'allOf', 'additionalProperties'].includes(key))
        return [key, apply(value)];
      if (!['properties', 'patternProperties'].includes(key)) return [key, value];
      const named = Object.entries(value as Json).map(([name, inner]) => [name, apply(inner)]);
      return [key, Object.fromEntries(named)];
    }),
  );
}
