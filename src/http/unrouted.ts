import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CoreError, MethodNotAllowed, NoSuchRoute } from '../core/errors.ts';
import { lineOf } from './call-handler.ts';
import { crossOriginHeaders, isPreflight, joinHeaders, preflightHeaders } from './cross-origin.ts';
import type { Log } from './logging.ts';
import { pathsOf } from './mount.ts';
import { presentError, type Where } from './present-error.ts';
import { problem } from './problem.ts';
import { type ReplyText, sendReply } from './reply.ts';
import type { Route } from './route.ts';
import { type Surface, takesPoolPrefix } from './surface.ts';

/** What no route matches. */
interface Unrouted {
  readonly requestId: string;
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
}

const POOL_PREFIX = /^\/p\/[^/]+(?=\/)/;

/**
 * Answers for what no route matches: in the words of the surface that owns the path, else in RFC 9457's; and browsers
 * that ask for leave to call a surface from another site's page, which no route is asked about.
 */
export function createRefusal(deps: {
  readonly surfaces: readonly Surface[];
  readonly log: Log;
  readonly isDraining: () => boolean;
}): (request: Unrouted) => Promise<void> {
  const { surfaces, log, isDraining } = deps;
  return async ({ requestId, raw, response }) => {
    const { path } = lineOf(raw);
    const owner = ownerOf(surfaces, path);
    const name = { surface: owner?.name ?? 'none', operation: 'none', route: 'none' };
    const where = { requestId, surface: name.surface, operation: name.operation };
    const answer =
      owner === undefined
        ? { reply: problem(404, 'There is no such route.'), code: 'no_such_route' }
        : await answerOf(owner, raw, { log, where });
    sendReply(response, requestId, answer.reply, isDraining());
    log.requestWriter(name)?.({
      ...{ requestId, status: answer.reply.status, ms: 0, code: answer.code },
      ...{ keyId: undefined, poolId: undefined, traceId: undefined },
    });
  };
}

/** Below the prefix of a pool a surface owns what it owns without it, if it has any routes there. */
function ownerOf(surfaces: readonly Surface[], path: string): Surface | undefined {
  const below = path.replace(POOL_PREFIX, '');
  return surfaces.find(
    (surface) =>
      surface.owns(path) ||
      (below !== path &&
        surface.routes.some((route) => takesPoolPrefix(surface, route)) &&
        surface.owns(below)),
  );
}

type Answer = { reply: ReplyText; code: string | undefined };

async function answerOf(
  owner: Surface,
  raw: IncomingMessage,
  { log, where }: { log: Log; where: Where },
): Promise<Answer> {
  const { headers, method } = raw;
  const line = lineOf(raw);
  const methods = methodsAt(owner, line.path);
  const { crossOrigin } = owner;
  if (crossOrigin === undefined) return refuse();
  const onFault = (error: unknown) => log.fault(error, where);
  const common = await crossOriginHeaders(crossOrigin, { headers, path: line.path, onFault });
  if (methods.length > 0 && isPreflight(method, headers)) {
    const leave = preflightHeaders(crossOrigin, { common, methods });
    return { reply: { status: 204, contentType: '', body: '', headers: leave }, code: undefined };
  }
  const { reply, code } = refuse();
  return { reply: { ...reply, headers: joinHeaders(reply.headers, common) }, code };

  function refuse(): Answer {
    const isKnown = owner.tellsMethods === true && methods.length > 0;
    const error: CoreError = isKnown ? new MethodNotAllowed() : new NoSuchRoute();
    const request = { requestId: where.requestId, line, headers, pool: undefined };
    const reply = presentError(owner, error, { log, where, request, negotiated: undefined });
    // RFC 9110 section 15.5.6: a 405 must name them.
    const allow = isKnown && reply.status === 405 ? { allow: methods.join(', ') } : undefined;
    return { reply: { ...reply, headers: { ...reply.headers, ...allow } }, code: error.code };
  }
}

/** What a surface's routes may be called with at a path; none where it has no such path. */
function methodsAt(surface: Surface, path: string): string[] {
  if (!isDecodable(path)) return [];
  const below = path.replace(POOL_PREFIX, '');
  const found = surface.routes.filter(
    (route) => matches(route, path) || (takesPoolPrefix(surface, route) && matches(route, below)),
  );
  const methods = new Set<string>(found.map(({ method }) => method));
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
}

/** Broken percent-encoding is no route's, whatever the method. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function matches(route: Route, path: string): boolean {
  return pathsOf(route).some((own) => patternOf(own).test(path));
}

const patterns = new Map<string, RegExp>();

/** Of a route's path: the router only says that no route of the method matches. */
function patternOf(path: string): RegExp {
  const known = patterns.get(path);
  if (known !== undefined) return known;
  const literal = path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const made = new RegExp(`^${literal.replaceAll(/:\w+/g, '[^/]+')}$`);
  patterns.set(path, made);
  return made;
}
