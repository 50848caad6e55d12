import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';
import { CoreError } from '../core/errors.ts';

/** What does not change between requests of one route. */
export interface RouteName {
  readonly surface: string;
  readonly operation: string;
  /** Method and template: `GET /api/v1/identity/:identity_id`. */
  readonly route: string;
}

/** One line a request. Names and ids only: no URL, no header, no body. */
export interface RequestLine {
  /** Well-formed (`requestIdOf`), so it is written as it is. */
  readonly requestId: string;
  readonly status: number;
  /** Milliseconds from the request's head to the reply's last byte handed to the socket. */
  readonly ms: number;
  readonly keyId: string | undefined;
  readonly poolId: string | undefined;
  /** The core's code, of an error. */
  readonly code: string | undefined;
  readonly traceId: string | undefined;
}

export interface LogOptions {
  /** Default `info`; request lines are `info`, faults `error`. */
  readonly level?: LevelWithSilent | undefined;
  /** Default: standard output, gathered and written in the background. */
  readonly destination?: DestinationStream | undefined;
}

export interface Log {
  /** For everything that is no request; redacts. */
  readonly general: Logger;
  /** A writer of one route's request lines; null where the level leaves them out. */
  requestWriter(name: RouteName): ((line: RequestLine) => void) | null;
  /** A fault, without its message: messages of drivers and engines quote the values that they choke on. */
  fault(error: unknown, where: { requestId: string; surface: string; operation: string }): void;
  flush(): void;
}

const SECRET_KEYS = ['authorization', 'x-api-key', 'apikey', 'cookie', 'set-cookie', 'password', 'secret'];
const PERSONAL_KEYS = [
  ...['body', 'query', 'traits', 'attributes', 'claims', 'factors', 'email', 'phone', 'phone_number'],
  ...['given_name', 'family_name', 'birthdate', 'ssn', 'document_number', 'identifier'],
];
/** Defence in depth: our own lines hold none of these. One level down covers `headers`, `body`, `details`. */
const REDACTED = [...SECRET_KEYS, ...PERSONAL_KEYS].flatMap((key) => [`["${key}"]`, `*["${key}"]`]);
const GATHERED_MAX = 65_536;
const FRAMES_MAX = 20;
const CAUSES_MAX = 5;

export function createLog({ level = 'info', destination }: LogOptions = {}): Log {
  const sink =
    destination ??
    pino.destination({ dest: 1, sync: false, minLength: 8192, maxWrite: 131_072, periodicFlush: 200 });
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const general = pino({ ...options, redact: { paths: REDACTED, censor: '[redacted]' } }, sink);
  // Fault lines are built from named fields here; they hold an `error.name` that is no personal data.
  const faults = pino(options, sink);
  const gathered = gather(sink);
  const writesRequests = general.isLevelEnabled('info');
  return {
    general,
    requestWriter: (name) => (writesRequests ? createRequestWriter(name, gathered.add) : null),
    fault(error, where) {
      gathered.flush();
      faults.error({ ...where, error: describeError(error) }, 'fault');
    },
    flush() {
      gathered.flush();
      if ('flushSync' in sink && typeof sink.flushSync === 'function') sink.flushSync();
    },
  };
}

/**
 * Joins a line in pino's format by hand: pino takes five microseconds for it, a fifth of a whole request. Every
 * value is a number, an id or a code of ours, so only the route's names need JSON's quoting, once.
 */
function createRequestWriter(name: RouteName, add: (line: string) => void): (line: RequestLine) => void {
  const names = JSON.stringify(name).slice(1, -1);
  const optional = (key: string, value: string | undefined) =>
    value === undefined ? '' : `,"${key}":"${value}"`;
  return ({ requestId, status, ms, keyId, poolId, code, traceId }) => {
    add(
      `{"level":30,"time":"${isoNow()}","requestId":"${requestId}",${names},"status":${status},"ms":${Math.round(ms * 1000) / 1000}` +
        `${optional('keyId', keyId)}${optional('poolId', poolId)}${optional('code', code)}` +
        `${optional('traceId', traceId)}}\n`,
    );
  };
}

/**
 * Request lines reach the sink in pieces of 64 KB or after a tenth of a second: a write for each costs 3 µs. What
 * is gathered is lost when the process is killed; `flush` is called on drain and before each fault.
 */
function gather(sink: DestinationStream): { add(line: string): void; flush(): void } {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (lines !== '') sink.write(lines);
    lines = '';
  };
  return {
    add(line) {
      lines += line;
      if (lines.length >= GATHERED_MAX) flush();
      else timer ??= setTimeout(flush, 100).unref();
    },
    flush,
  };
}

let isoAtMs = 0;
let iso = '';
/** Many requests end in one millisecond; the text is made once for all of them. */
function isoNow(): string {
  const ms = Date.now();
  if (ms !== isoAtMs) {
    isoAtMs = ms;
    iso = new Date(ms).toISOString();
  }
  return iso;
}

/** Name, code, our own detail and the stack's frames, for the error and its causes. Never a message. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: /^\w{1,64}$/.test(error.name) ? error.name : 'Error',
    // SQLSTATEs and Node's codes; anything longer or odder may be a value.
    ...(code !== undefined && /^[A-Za-z0-9_]{1,40}$/.test(code) ? { code } : {}),
    ...(error instanceof CoreError && error.detail !== undefined ? { detail: error.detail } : {}),
    frames: framesOf(error),
    ...(error.cause !== undefined && depth < CAUSES_MAX
      ? { cause: describeError(error.cause, depth + 1) }
      : {}),
  };
}

/** The stack begins with the message, which may itself hold lines that look like frames: it is cut off first. */
function framesOf({ stack = '', message, name }: Error): string[] {
  const start = stack.indexOf(message);
  const frames = start === -1 ? stack.slice(name.length) : stack.slice(start + message.length);
  return frames
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^at .*(?::\d+:\d+\)?|\(<anonymous>\)|native\)?)$/.test(line))
    .slice(0, FRAMES_MAX);
}
