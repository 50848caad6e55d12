import { STATUS_CODES } from 'node:http';
import type { TSchema } from 'typebox';
import {
  AddressNotAllowed,
  BodyTooLarge,
  type CoreError,
  CredentialMissing,
  CredentialRejected,
  InternalFault,
  NotFound,
  NotPermitted,
  RateLimited,
  Unavailable,
  UnreadableBody,
} from '../core/errors.ts';
import { answerKinds } from './answer.ts';
import { describeGuard, securityOf, securitySchemes } from './openapi-security.ts';
import { isKeyRoute, isSessionRoute, type Route } from './route.ts';
import { SessionRequired } from './session-authentication.ts';
import { type Surface, takesPoolPrefix } from './surface.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document, as far as the reference page reads it again. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Json;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Json[];
  /** Other paths of the same operation. */
  readonly 'x-aliases'?: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { schema: Json }>>;
  };
  readonly responses: Readonly<
    Record<string, { description: string; content?: Readonly<Record<string, { schema: Json }>> }>
  >;
}

/**
 * A surface's routes as OpenAPI 3.1, from the very schemas that its handlers parse with and its replies are
 * written through. The statuses of a guarded route's errors come from asking the surface to present them.
 *
 * @param options.url Base address of the server.
 */
export function buildOpenApi(surface: Surface, options: { url: string }): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of surface.routes) {
    const path = templateOf(route.path);
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(surface, route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: surface.title,
      version: surface.version,
      ...(surface.description === undefined ? {} : { description: surface.description }),
    },
    servers: [{ url: options.url }],
    paths,
    components: {
      schemas: { Error: plain(surface.errorSchema) },
      securitySchemes: securitySchemes(surface),
    },
  };
}

function operation(surface: Surface, route: Route): Operation {
  const status = `${route.status ?? 200}`;
  const pathNames = [...route.path.matchAll(/:([A-Za-z0-9_]+)/g)].map(([, name = '']) => name);
  const params = propertiesOf(route.params);
  return {
    operationId: route.operation,
    summary: route.summary,
    ...describeGuard(surface, route),
    security: securityOf(surface, route),
    ...(route.aliases === undefined ? {} : { 'x-aliases': route.aliases.map(templateOf) }),
    parameters: [
      ...pathNames.map((name) => parameter('path', name, true, params.schemas[name] ?? { type: 'string' })),
      ...parametersOf(route.query),
    ],
    ...(route.body === undefined || route.reads === 'none'
      ? {}
      : { requestBody: { required: route.reads !== 'json-or-none', content: bodyContent(route) } }),
    responses: {
      ...(route.answers === 'redirect'
        ? {}
        : {
            [status]: {
              description: route.summary,
              ...(status === '204' ? {} : { content: replyContent(route) }),
            },
          }),
      ...(answerKinds(route).has('redirect') ? { '3XX': { description: 'Go on at `location`.' } } : {}),
      ...Object.fromEntries(
        (route.otherStatuses ?? []).map((other) => [
          `${other}`,
          { description: route.summary, content: replyContent(route) },
        ]),
      ),
      ...errorResponses(surface, route),
    },
  };
}

function templateOf(path: string): string {
  return path.replaceAll(/:([A-Za-z0-9_]+)/g, '{$1}');
}

function bodyContent({ body, reads, bodyType = 'application/json' }: Route) {
  const schema = body === undefined ? {} : plain(body);
  const form = reads === 'form-or-json' ? { 'application/x-www-form-urlencoded': { schema } } : {};
  return { [bodyType]: { schema }, ...form };
}

function replyContent(route: Route): Readonly<Record<string, { schema: Json }>> {
  const kinds = answerKinds(route);
  return {
    ...(kinds.has('json') ? json(plain(route.reply)) : {}),
    ...(kinds.has('bytes') ? { 'application/octet-stream': { schema: {} } } : {}),
    ...(kinds.has('page') ? { 'text/html': { schema: { type: 'string' } } } : {}),
  };
}

function errorResponses(surface: Surface, route: Route): Operation['responses'] {
  const meanings = new Map<number, Set<string>>();
  const add = (status: number, meaning: string) => {
    const known = meanings.get(status) ?? new Set();
    meanings.set(status, known.add(meaning));
  };
  for (const error of kitErrors(surface, route)) add(surface.present(error).status, error.publicMessage);
  const ofNegotiation = isKeyRoute(route) ? (surface.negotiationErrors ?? []) : [];
  for (const code of [...ofNegotiation, ...(route.errors ?? [])])
    add(surface.errorStatuses[code] ?? 500, `\`${code}\``);
  const error = { $ref: '#/components/schemas/Error' };
  // Of a status that the operation itself answers with, too, the body is the one or the other.
  const contentOf = (status: number) =>
    json(route.otherStatuses?.includes(status) ? { anyOf: [plain(route.reply), error] } : error);
  return Object.fromEntries(
    [...meanings]
      .sort(([one], [other]) => one - other)
      .map(([status, texts]) => [
        `${status}`,
        {
          description: [...texts].join(' ') || (STATUS_CODES[status] ?? 'Error'),
          content: contentOf(status),
        },
      ]),
  );
}

/** What the kit itself throws before and around a handler. */
function kitErrors(surface: Surface, route: Route): CoreError[] {
  const errors: CoreError[] = [new InternalFault('for the reference'), new Unavailable('for the reference')];
  if (isKeyRoute(route))
    errors.push(
      ...[new CredentialMissing(), new CredentialRejected(), new AddressNotAllowed(), new RateLimited(1)],
    );
  if (isSessionRoute(route) && !route.guard.isOptional) errors.push(new SessionRequired());
  if (takesPoolPrefix(surface, route)) errors.push(new NotFound());
  if (isKeyRoute(route) && route.guard.grant !== null) errors.push(new NotPermitted());
  if (route.reads !== 'none')
    errors.push(new UnreadableBody('The request body is not readable.'), new BodyTooLarge());
  return errors;
}

function parametersOf(schema: TSchema | undefined): Parameter[] {
  const { schemas, required } = propertiesOf(schema);
  return Object.entries(schemas).map(([name, inner]) =>
    parameter('query', name, required.includes(name), inner),
  );
}

function parameter(place: 'path' | 'query', name: string, required: boolean, schema: Json): Parameter {
  const { description, ...rest } = schema;
  return {
    ...{ name, in: place, required, schema: rest },
    ...(typeof description === 'string' ? { description } : {}),
  };
}

function propertiesOf(schema: TSchema | undefined): { schemas: Record<string, Json>; required: string[] } {
  const { properties = {}, required = [] } = (schema === undefined ? {} : plain(schema)) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return { schemas: properties, required };
}

function json(schema: Json): Readonly<Record<string, { schema: Json }>> {
  return { 'application/json': { schema } };
}

/** TypeBox keeps its own marks in properties that JSON leaves out; what remains is JSON Schema. */
function plain(schema: TSchema): Json {
  return JSON.parse(JSON.stringify(schema));
}
