import type { Socket } from 'node:net';
import { problem } from './problem.ts';

const STATUSES: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'The request line and headers are too large.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
};

/**
 * Answers bytes that are no HTTP request: there is no request object, no route and no surface yet, so the answer
 * is RFC 9457's, written by hand, and the connection closes. Says nothing where a reply is already under way.
 */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  // Set by node:http while a response is being written on this socket; more bytes would corrupt it.
  const current = (socket as Socket & { _httpMessage?: { headersSent: boolean } | null })._httpMessage;
  if (current?.headersSent === true) {
    socket.destroy();
    return;
  }
  const [status, reason, detail] = STATUSES[error.code ?? ''] ?? [
    400,
    'Bad Request',
    'The request is not valid HTTP.',
  ];
  const { body, contentType } = problem(status, detail);
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}\r\n` +
      `x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroySoon(),
  );
}
