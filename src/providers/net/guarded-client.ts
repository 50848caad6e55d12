import { lookup as systemLookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { CoreError, DestinationRefused, Unavailable } from '../../core/errors.ts';
import { type AddressPolicy, type AllowPrivate, createAddressPolicy } from './address-policy.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** Set here from the URL and the body; a caller's own would let one request be read as another. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
]);
const HEADER_BYTES_MAX = 16 * 1024;

/** Every address of a name, as `dns.lookup` with `all` gives them. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface GuardedClientOptions {
  readonly allowPrivate: AllowPrivate;
  /** For the whole request, from the look-up of the name to the last byte. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly lookup?: Lookup;
  /** Further trusted certificate authorities (PEM) in place of the well-known ones. */
  readonly ca?: string;
}

export interface GuardedRequest {
  readonly method: (typeof METHODS)[number];
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** What becomes of an answer beyond the size limit: default `refuse`; `cut` gives its beginning. */
  readonly excess?: 'refuse' | 'cut';
  /** Gives up earlier than the time limit would. */
  readonly signal?: AbortSignal;
}

export interface GuardedResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface GuardedClient {
  /**
   * Sends one request and gives back whatever was answered, redirects (never followed) and error status
   * included.
   *
   * @throws DestinationRefused The URL or an address of its host is not allowed; nothing was sent. Not worth
   *   a retry.
   * @throws Unavailable Name not found, no connection, bad certificate, broken answer, timeout or an answer
   *   beyond the size limit. The request may have reached the other side.
   */
  request(request: GuardedRequest): Promise<GuardedResponse>;
}

/**
 * The one way out of this process over HTTP (server-side request forgery, CWE-918). The host's name is
 * resolved once, every address it has must be allowed, and the connection goes to those very addresses, so
 * that a name that answers differently the second time gains nothing. One connection per request, no proxy,
 * no redirects, no decompression.
 */
export function createGuardedClient(options: GuardedClientOptions): GuardedClient {
  const { lookup = lookupAll } = options;
  const isAllowed = createAddressPolicy(options.allowPrivate);
  return {
    async request(request) {
      const url = parseUrl(request.url);
      checkHead(request);
      const timeout = AbortSignal.timeout(request.timeoutMs ?? options.timeoutMs);
      const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
      const addresses = await untilAborted(resolve(url, lookup, isAllowed), signal);
      const limits = { signal, maxBytes: request.maxBytes ?? options.maxResponseBytes };
      return send({
        url,
        request,
        addresses,
        ...limits,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      });
    },
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new DestinationRefused('not a URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new DestinationRefused('neither http nor https');
  if (url.username !== '' || url.password !== '') throw new DestinationRefused('credentials in the URL');
  return url;
}

function checkHead({ method, headers = {} }: GuardedRequest): void {
  if (!METHODS.includes(method)) throw new DestinationRefused('method not allowed');
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_HEADERS.has(name.toLowerCase()))
      throw new DestinationRefused('a header that the client sets itself');
    try {
      http.validateHeaderName(name);
      http.validateHeaderValue(name, value);
    } catch {
      throw new DestinationRefused('a header that HTTP does not allow');
    }
  }
}

async function lookupAll(hostname: string): Promise<readonly ResolvedAddress[]> {
  return systemLookup(hostname, { all: true });
}

async function resolve(
  url: URL,
  lookup: Lookup,
  isAllowed: AddressPolicy,
): Promise<readonly ResolvedAddress[]> {
  const host = hostOf(url);
  const family = isIP(host);
  let addresses: readonly ResolvedAddress[] = [{ address: host, family }];
  if (family === 0) {
    try {
      addresses = await lookup(host);
    } catch (error) {
      throw new Unavailable(`host name not resolved (${codeOf(error)})`);
    }
  }
  if (addresses.length === 0) throw new Unavailable('host name without addresses');
  if (!addresses.every(({ address }) => isAllowed(address)))
    throw new DestinationRefused('address not allowed');
  return addresses;
}

function send(input: {
  url: URL;
  request: GuardedRequest;
  addresses: readonly ResolvedAddress[];
  signal: AbortSignal;
  maxBytes: number;
  ca?: string;
}): Promise<GuardedResponse> {
  const { url, request, addresses, signal, maxBytes, ca } = input;
  const { method, headers, body, excess = 'refuse' } = request;
  const { promise, resolve: succeed, reject } = Promise.withResolvers<GuardedResponse>();
  const fail = (error: unknown): void => {
    if (error instanceof CoreError) reject(error);
    // The cause stays out: its message may quote the answer or the URL.
    else
      reject(
        new Unavailable(signal.aborted ? 'no complete answer in time' : `request failed (${codeOf(error)})`),
      );
  };
  const isSecure = url.protocol === 'https:';
  const host = hostOf(url);
  const outgoing = (isSecure ? https : http).request({
    method,
    host,
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: {
      'accept-encoding': 'identity',
      ...headers,
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      host: url.host,
    },
    lookup: pinnedLookup(addresses),
    // A kept connection would outlive the check of its address.
    agent: false,
    maxHeaderSize: HEADER_BYTES_MAX,
    signal,
    // TLS: the certificate is checked against the name, although the connection goes to an address. An
    // address is no server name (RFC 6066 section 3).
    ...(isSecure && isIP(host) === 0 ? { servername: host } : {}),
    ...(isSecure && ca !== undefined ? { ca } : {}),
  });
  outgoing.on('error', fail);
  outgoing.on('upgrade', (_, socket) => {
    socket.destroy();
    fail(new Unavailable('the other side changed the protocol'));
  });
  outgoing.on('response', (response) => {
    collect(response, maxBytes, excess).then(succeed, (error: unknown) => {
      outgoing.destroy();
      fail(error);
    });
  });
  outgoing.end(body);
  return promise;
}

async function collect(
  response: http.IncomingMessage,
  maxBytes: number,
  excess: 'refuse' | 'cut',
): Promise<GuardedResponse> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop closes the connection.
    if (length > maxBytes && excess === 'cut') {
      return { status, headers, body: Buffer.concat([...chunks, chunk]).subarray(0, maxBytes) };
    }
    if (length > maxBytes) throw new Unavailable(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  if (!response.complete) throw new Unavailable('the answer was cut off');
  return { status, headers, body: Buffer.concat(chunks, length) };
}

/** Answers with the checked addresses, whatever is asked. */
function pinnedLookup(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  };
}

/** A look-up cannot be cancelled, only no longer waited for. */
async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  // An event that is over is not told again.
  if (signal.aborted) {
    work.catch(() => {});
    throw new Unavailable('no complete answer in time');
  }
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(new Unavailable('no complete answer in time'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Without the brackets that a URL puts around an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
