import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';

export const JSON_TYPE = 'application/json; charset=utf-8';
export const HTML_TYPE = 'text/html; charset=utf-8';

export interface ReplyText {
  readonly status: number;
  readonly contentType: string;
  /** Ignored for 204 and 304; on a HEAD request Node sends its length only. An empty one has no content type. */
  readonly body: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `Set-Cookie` values. */
  readonly cookies?: readonly string[] | undefined;
}

/**
 * Writes a whole reply in one go, straight to node:http: one system call, and no copy of the headers. Replies
 * are never cached (they hold personal data) unless `headers` says otherwise.
 */
export function sendReply(
  response: ServerResponse,
  requestId: string,
  reply: ReplyText,
  isDraining: boolean,
): void {
  if (response.destroyed || response.headersSent) return;
  const { status, headers, cookies } = reply;
  const hasBody = status !== 204 && status !== 304;
  const lines: string[] = ['x-request-id', requestId, 'x-content-type-options', 'nosniff'];
  if (headers?.['cache-control'] === undefined) lines.push('cache-control', 'no-store');
  const size = Buffer.byteLength(reply.body);
  if (hasBody && size > 0) lines.push('content-type', reply.contentType);
  if (hasBody) lines.push('content-length', `${size}`);
  if (headers !== undefined) for (const [name, value] of Object.entries(headers)) lines.push(name, value);
  if (cookies !== undefined) for (const cookie of cookies) lines.push('set-cookie', cookie);
  // A connection that is kept alive would hold the drain up until it times out.
  if (isDraining && !response.hasHeader('connection')) lines.push('connection', 'close');
  response.writeHead(status, lines);
  if (!hasBody) response.end();
  // One byte a character means pure ASCII, which the socket writes faster as what it is (a tenth of a request).
  else response.end(reply.body, size === reply.body.length ? 'latin1' : 'utf8');
}
