import { createHmac } from 'node:crypto';

/** Both pairs of RFC 5849 section 3.1. */
export interface OAuth1Keys {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

export interface SignedRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  /** Of a body that is a form. */
  readonly form?: readonly (readonly [name: string, value: string])[];
  readonly nonce: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** The `Authorization` of a request signed with HMAC-SHA1. @see RFC 5849 sections 3.4 and 3.5.1. */
export function oauth1Header(keys: OAuth1Keys, request: SignedRequest): string {
  const parameters = protocolParameters(keys, request);
  const signature = oauth1Signature(keys, request);
  const all = [...parameters, ['oauth_signature', signature] as const];
  return `OAuth ${all.map(([name, value]) => `${encode(name)}="${encode(value)}"`).join(', ')}`;
}

export function oauth1Signature(keys: OAuth1Keys, request: SignedRequest): string {
  const url = new URL(request.url);
  const query = [...url.searchParams];
  const pairs = [...protocolParameters(keys, request), ...query, ...(request.form ?? [])]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`);
  const base = [request.method, `${url.origin}${url.pathname}`, pairs.join('&')].map(encode).join('&');
  const key = `${encode(keys.consumerSecret)}&${encode(keys.tokenSecret)}`;
  return createHmac('sha1', key).update(base).digest('base64');
}

function protocolParameters({ consumerKey, token }: OAuth1Keys, { nonce, timestamp }: SignedRequest) {
  return [
    ['oauth_consumer_key', consumerKey],
    ['oauth_nonce', nonce],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', String(timestamp)],
    ['oauth_token', token],
    ['oauth_version', '1.0'],
  ] as const;
}

/** RFC 5849 section 3.6: everything but the unreserved characters of RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
