import { connect, type Socket } from 'node:net';
import process from 'node:process';

/** Requests for a load generator; whole HTTP/1.1 messages, so that sending one costs it a write and no more. */
export interface Job {
  readonly port: number;
  readonly connections: number;
  /** Sent in turn; `COUNTER` in them is replaced by eight digits that never come twice in this process. */
  readonly messages: readonly string[];
  /**
   * Sent after each of them on the same connection, with `FIRST_ID` replaced by the `id` that the reply began with: both
   * are one request then, and the status is the second one's.
   */
  readonly followUps?: readonly string[];
  /** Ends at whichever comes first. */
  readonly seconds?: number;
  readonly requests?: number;
}

export interface Outcome {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly byStatus: Readonly<Record<string, number>>;
}

export const COUNTER = '########';
export const FIRST_ID = '????????-????-????-????-????????????';

let counter = Math.floor(Math.random() * 10_000_000);
const LEADING_ID = /\r\n\r\n\{"id":"([0-9a-f-]{36})"/;
const RETRY_AFTER = /\r\nretry-after: *(\d+)/i;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/** A message with its own length, for `Job.messages`. The counter keeps it. */
export function message(method: string, path: string, key: string, body?: unknown): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const length =
    body === undefined
      ? ''
      : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\n${length}\r\n${text}`;
}

async function run(job: Job): Promise<Outcome> {
  const began = performance.now();
  const until = job.seconds === undefined ? Number.POSITIVE_INFINITY : began + job.seconds * 1000;
  const latencies: number[] = [];
  const byStatus: Record<string, number> = {};
  let left = job.requests ?? Number.POSITIVE_INFINITY;
  let turn = 0;

  const next = (): Turn | null => {
    if (left <= 0 || performance.now() >= until) return null;
    left -= 1;
    const text = job.messages[turn % job.messages.length] ?? '';
    const followUp = job.followUps?.[turn % job.followUps.length] ?? null;
    turn += 1;
    if (!text.includes(COUNTER)) return { text, followUp };
    counter += 1;
    const digits = String(counter % 100_000_000).padStart(COUNTER.length, '0');
    return { text: text.replaceAll(COUNTER, digits), followUp };
  };
  const answered = (status: string, ms: number): void => {
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    latencies.push(ms);
  };
  await Promise.all(Array.from({ length: job.connections }, () => useConnection(job.port, next, answered)));

  const seconds = (performance.now() - began) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  const requests = latencies.length;
  return { requests, seconds, perSecond: requests / seconds, p50: at(0.5), p99: at(0.99), byStatus };
}

interface Turn {
  readonly text: string;
  readonly followUp: string | null;
}

/** One connection, one request at a time; waits where the server says so. Bytes are ASCII in both directions, so a character is a byte. */
function useConnection(
  port: number,
  next: () => Turn | null,
  answered: (status: string, ms: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    let received = '';
    let followUp: string | null = null;
    const send = (): void => {
      const turn = next();
      if (turn === null) {
        socket.end();
        resolve();
        return;
      }
      ({ followUp } = turn);
      sentAt = performance.now();
      socket.write(turn.text, 'latin1');
    };
    socket.setEncoding('latin1');
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
    socket.on('data', (chunk: string) => {
      received = received === '' ? chunk : received + chunk;
      const head = received.indexOf('\r\n\r\n');
      if (head === -1) return;
      const length = Number(CONTENT_LENGTH.exec(received)?.[1] ?? 0);
      if (received.length < head + 4 + length) return;
      const id = followUp === null ? undefined : LEADING_ID.exec(received)?.[1];
      if (followUp !== null && id !== undefined) {
        socket.write(followUp.replace(FIRST_ID, id), 'latin1');
        received = '';
        followUp = null;
        return;
      }
      answered(received.slice(9, 12), performance.now() - sentAt);
      const wait = Number(RETRY_AFTER.exec(received)?.[1] ?? 0);
      received = '';
      if (wait === 0) send();
      // Nobody comes back to the millisecond.
      else setTimeout(send, wait * 1000 * (0.5 + Math.random()));
    });
  });
}

if (import.meta.main) {
  process.on('message', (job: Job) => {
    run(job).then(
      (outcome) => process.send?.({ outcome }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
}
