import type { CognitoIdentityProviderClientConfig } from '@aws-sdk/client-cognito-identity-provider';
import type { GuardedResponse } from '../../net/guarded-client.ts';
import type { Line, LineRequest } from '../line.ts';

/** What the AWS SDK hands over, as far as this service uses it: no query, a text or bytes as body. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Transport = Extract<CognitoIdentityProviderClientConfig['requestHandler'], { handle: unknown }>;

/** Set by the way out itself. */
const OWN_HEADERS = new Set(['host', 'content-length', 'connection', 'expect']);

/** Sends what the AWS SDK asks for by the one way out, once, within the time that the caller gave the SDK. */
export function createTransport(line: Line, timeoutMs: number): Transport {
  const handle = async (request: SdkRequest, options: { requestTimeout?: number } = {}) => {
    const answer = await line.exchange(lineRequest(request), options.requestTimeout ?? timeoutMs);
    const { status, headers, body } = answer;
    return { response: { statusCode: status, headers: plainHeaders(headers), body: new Uint8Array(body) } };
  };
  return { handle, updateHttpClientConfig: () => {}, httpHandlerConfigs: () => ({}) } as Transport;
}

function lineRequest({ protocol, hostname, port, path, headers, body }: SdkRequest): LineRequest {
  const sent = Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()));
  return {
    method: 'POST',
    url: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`,
    headers: Object.fromEntries(sent),
    body: typeof body === 'string' || body instanceof Uint8Array ? body : '',
  };
}

function plainHeaders(headers: GuardedResponse['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
