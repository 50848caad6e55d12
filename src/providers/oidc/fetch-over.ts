import type { CustomFetch } from 'openid-client';
import type { GuardedClient } from '../net/guarded-client.ts';

const METHODS = ['GET', 'POST'] as const;
/** A response of these has no body, whatever was sent. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * The way out in the shape that openid-client wants.
 * @throws DestinationRefused @throws Unavailable As the client's.
 */
export function fetchOver(client: GuardedClient, timeoutMs: number): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const known = METHODS.find((one) => one === method);
    if (known === undefined) throw new TypeError('a request of another method');
    const answer = await client.request({
      ...{ method: known, url, timeoutMs, headers },
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    return new Response(WITHOUT_BODY.has(answer.status) ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: headersOf(answer.headers),
    });
  };
}

function headersOf(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    ['content-type', 'www-authenticate', 'cache-control'].flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
