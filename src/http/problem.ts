import { STATUS_CODES } from 'node:http';
import type { ReplyText } from './reply.ts';

/** RFC 9457, for what no surface owns. Names neither the path nor anything else that was sent. */
export function problem(status: number, detail: string): ReplyText {
  return {
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }),
  };
}
