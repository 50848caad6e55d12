import { preferredLanguages } from '../../core/courier/languages.ts';
import type { Deps } from '../../core/deps.ts';
import { CoreError, UnsupportedMediaType } from '../../core/errors.ts';
import { TokenMissing, TokenRejected } from '../../core/identify/errors.ts';
import { type Operation, type Pair, resolvePair } from '../../core/identify/pairs.ts';
import { type Caller, getProject, type Project, ProjectMoved } from '../../core/identify/project.ts';
import type { PoolId } from '../../core/ports.ts';
import { parseJsonObject } from '../../http/json-body.ts';
import type { OpenRequest } from '../../http/route.ts';
import { Fields, type JsonObject } from './fields.ts';
import type { Origins } from './origins.ts';

/** A call that has come as far as its provider. */
export interface Call {
  readonly request: OpenRequest;
  readonly project: Project;
  readonly pair: Pair;
  readonly caller: Caller;
  /** Parameters of a GET; else what stands beside `data`, with the query where that is silent. */
  readonly named: JsonObject;
  readonly data: unknown;
}

/** Calls that are asked most often, and whose rows tell whether what is in memory is old. */
const HOT: readonly Operation[] = ['profile', 'check'];
const IN_QUERY = ['projectId', 'externalId', 'strategy', 'provider'] as const;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const NAME_MAX = 256;

/**
 * Serves a call in the contract's order of checks: site, body, project, pair, and then what `handle` asks: bearer, fields,
 * provider. The first failure answers.
 *
 * @see Contract identify 3.3.
 */
export function createCaller(deps: Deps, origins: Origins) {
  const decide = async (
    request: OpenRequest,
    operation: Operation,
    named: JsonObject,
    isCurrent: boolean,
  ) => {
    const project = await getProject(deps, projectIdOf(named), { isCurrent });
    origins.requireListed(project, request.headers);
    const pair = resolvePair(project.settings, operation, namesOf(named));
    return { project, pair };
  };
  return <Reply>(
    operation: Operation,
    handle: (call: Call) => Promise<Reply>,
  ): ((request: OpenRequest) => Promise<Reply>) => {
    return async (request) => {
      await origins.requireKnown(request.headers);
      const isGet = request.line.method === 'GET' || request.line.method === 'HEAD';
      const { data, ...top } = isGet ? { data: undefined } : await readBody(request);
      const named = isGet ? request.query : withQuery(top, request.query);
      const decideNow = () => decide(request, operation, named, true);
      let decided = HOT.includes(operation)
        ? await decide(request, operation, named, false).catch((error: unknown) => {
            // By what is in memory nobody is refused.
            if (error instanceof CoreError) return decideNow();
            throw error;
          })
        : await decideNow();
      if (HOT.includes(operation) && decided.pair.provider.type !== 'local') decided = await decideNow();
      const call = { request, named, data };
      try {
        return await handle({ ...call, ...decided, caller: callerOf(request, decided.project) });
      } catch (error) {
        if (!(error instanceof ProjectMoved)) throw error;
        const again = await decideNow();
        return handle({ ...call, ...again, caller: callerOf(request, again.project) });
      }
    };
  };
}

/** @throws UnsupportedMediaType @throws UnreadableBody @throws BodyTooLarge */
async function readBody({ headers, stream }: OpenRequest): Promise<JsonObject> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream ?? []) pieces.push(piece);
  if (!JSON_TYPE.test(String(headers['content-type'] ?? ''))) throw new UnsupportedMediaType();
  return parseJsonObject(Buffer.concat(pieces).toString('utf8'));
}

/** A client sends its changes to the address that it reads from (contract identify 1). */
function withQuery(body: JsonObject, query: OpenRequest['query']): JsonObject {
  const missing = IN_QUERY.filter((name) => body[name] === undefined && query[name] !== undefined);
  return { ...body, ...Object.fromEntries(missing.map((name) => [name, query[name]])) };
}

/** @throws InvalidInput */
function projectIdOf({ projectId }: JsonObject): PoolId {
  const fields = new Fields();
  if (projectId === undefined) fields.missing('projectId');
  const id = fields.uuid(projectId, 'projectId');
  fields.done();
  return id as PoolId;
}

/** @throws InvalidInput */
function namesOf(named: JsonObject) {
  const fields = new Fields();
  const [strategy, provider] = ['strategy', 'provider'].map((name) =>
    named[name] === '' ? undefined : fields.text(named[name], name, NAME_MAX),
  );
  fields.done();
  return { strategy, provider, hasExternalId: named.externalId !== undefined };
}

function callerOf(request: OpenRequest, { poolId }: Project): Caller {
  const { requestId, clientAddress: address, line, headers } = request;
  const userAgent = headers['user-agent'];
  const languages = headers['accept-language'];
  return {
    context: {
      principal: { poolId, keyId: null },
      ...{ requestId, origin: { address, method: line.method, path: line.path } },
    },
    origin: { ipAddress: address, userAgent: typeof userAgent === 'string' ? userAgent : null },
    address,
    languages: preferredLanguages(typeof languages === 'string' ? languages : null),
  };
}

/**
 * The token of the `Authorization` header, whose scheme may be in any case.
 * @throws TokenMissing No header, or an empty one. @throws TokenRejected Another scheme.
 */
export function bearerOf({ headers: { authorization } }: Pick<OpenRequest, 'headers'>): string {
  const text = typeof authorization === 'string' ? authorization.trim() : '';
  const [, scheme = '', token = ''] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
  if (scheme === '' || (scheme.toLowerCase() === 'bearer' && token === '')) throw new TokenMissing();
  if (scheme.toLowerCase() !== 'bearer' || /\s/.test(token)) throw new TokenRejected();
  return token;
}
