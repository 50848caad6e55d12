import { isKeyRoute, isSessionRoute, type Route } from './route.ts';
import { type Surface, takesPoolPrefix } from './surface.ts';

type Json = Record<string, unknown>;

/** Everything that a surface's routes may be called with. */
export function securitySchemes(surface: Surface): Record<string, Json> {
  return {
    authorization: { type: 'http', scheme: 'bearer', description: 'An API key.' },
    'x-api-key': { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    apikey: { type: 'apiKey', in: 'header', name: 'apikey' },
    ...sessionSchemes(surface),
  };
}

/** Who may call a route, in a sentence or two. */
export function describeGuard(surface: Surface, route: Route): { description: string } {
  const session = takesSessionForKey(surface, route) ? ' A session of whoever has such a key will do.' : '';
  const place = takesPoolPrefix(surface, route) ? ' Also below `/p/{app_id}`, for the pool of that id.' : '';
  return { description: guardText(route) + session + place };
}

function guardText({ guard }: Route): string {
  if (guard.kind === 'open') return `Open: ${guard.because}`;
  if (guard.kind === 'session') return guard.isOptional ? 'Knows a session.' : 'Needs a session.';
  const { grant, or, only } = guard;
  const named = or === undefined ? `\`${grant}\`` : `\`${grant}\` or \`${or}\``;
  const kind = only === undefined ? 'an API key' : `a ${only} API key`;
  return grant === null ? `Needs ${kind}.` : `Needs ${kind} with the grant ${named}.`;
}

/** The credentials that a route takes, any one of them. */
export function securityOf(surface: Surface, route: Route): Json[] {
  if (isKeyRoute(route)) {
    const forSessions = takesSessionForKey(surface, route) ? KEY_SESSION_SCHEMES : [];
    return [...keySchemes(surface), ...forSessions].map((name) => ({ [name]: [] }));
  }
  if (!isSessionRoute(route)) return [];
  const schemes: Json[] = Object.keys(sessionSchemes(surface)).map((name) => ({ [name]: [] }));
  // OpenAPI writes "or nothing" as an empty requirement.
  return route.guard.isOptional ? [...schemes, {}] : schemes;
}

/** No cookie among them: see `sessionTokenForKey`. */
const KEY_SESSION_SCHEMES = ['session-token', 'session-bearer'];

function takesSessionForKey({ keySessions }: Surface, route: Route): boolean {
  return isKeyRoute(route) && keySessions !== undefined;
}

/** Only of a surface that has sessions; of its cookies the first, which is the one that it sets. */
function sessionSchemes({ routes, keySessions, sessionCookies = [] }: Surface): Record<string, Json> {
  if (keySessions === undefined && !routes.some(isSessionRoute)) return {};
  const [name] = sessionCookies;
  return {
    'session-token': { type: 'apiKey', in: 'header', name: 'X-Session-Token' },
    ...(name === undefined ? {} : { 'session-cookie': { type: 'apiKey', in: 'cookie', name } }),
    'session-bearer': { type: 'http', scheme: 'bearer', description: 'A session token.' },
  };
}

/** All three are accepted everywhere; the dialect's own comes first. */
function keySchemes({ keyHeader }: Surface): string[] {
  return [keyHeader, ...['authorization', 'x-api-key', 'apikey'].filter((name) => name !== keyHeader)];
}
