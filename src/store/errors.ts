import { CoreError, Unavailable } from '../core/errors.ts';

/**
 * What the database refused. Decide by `sqlState` and by the statement that failed, never by a constraint's name
 * (SQL.md rule 7). Holds no parameter and no row value: PostgreSQL's `detail` is dropped, and its message is kept
 * only for the classes whose messages speak of the statement and not of its values.
 */
export class StoreError extends Error {
  /** Five characters, or the driver's own code where the statement never reached the server. */
  readonly sqlState: string;
  constructor(sqlState: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.sqlState = sqlState;
  }
}

/** The database did not answer, or not in time, or kept refusing after retries. Safe for a caller to try again. */
export class StoreUnavailable extends Unavailable {
  readonly sqlState: string;
  constructor(sqlState: string, detail: string) {
    super(detail);
    this.sqlState = sqlState;
  }
}

/** What a failure says about the statement: `unsent` never reached the server, `lost` may have run. */
export type Failure = 'unsent' | 'lost' | 'aborted' | 'broken' | 'timeout' | 'refused';

export function isUniqueViolation(error: unknown): error is StoreError {
  return error instanceof StoreError && error.sqlState === '23505';
}

export function isForeignKeyViolation(error: unknown): error is StoreError {
  return error instanceof StoreError && error.sqlState === '23503';
}

const UNSENT = new Set([
  ...['CONNECT_TIMEOUT', 'ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  // Refusals to open a session: starting up or shutting down, too many clients.
  ...['57P03', '53300'],
]);
const LOST = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ERR_STREAM_DESTROYED']);
const ABORTED = new Set(['40001', '40P01', '57P01']);
const TIMEOUT = new Set(['57014', '55P03']);
/** Classes whose messages name objects and syntax, never a value that was sent. */
const SPEAKING = new Set(['0A', '25', '26', '28', '3D', '3F', '40', '42', '53', '54', '55', '57', '58']);
/** In those classes still: invalid text within a statement is quoted by these. */
const MUTE = new Set(['42P18']);

interface Raw {
  readonly code: string;
  readonly message: string;
  readonly fromServer: boolean;
  readonly table: string | undefined;
}

function read(error: unknown): Raw | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  const table = 'table_name' in error && typeof error.table_name === 'string' ? error.table_name : undefined;
  return { code: error.code, message: error.message, fromServer: 'severity' in error, table };
}

/**
 * `broken` is class 08 said by a healthy connection: a sharded server lost the node that holds this pool. Also
 * answers null for what is no database error at all.
 */
export function classify(error: unknown): Failure | null {
  const raw = read(error);
  if (raw === null) return null;
  if (UNSENT.has(raw.code)) return 'unsent';
  if (!raw.fromServer) return LOST.has(raw.code) || raw.code.startsWith('CONNECTION_') ? 'lost' : 'refused';
  if (ABORTED.has(raw.code)) return 'aborted';
  if (raw.code.startsWith('08') || raw.code === '57P02') return 'broken';
  if (TIMEOUT.has(raw.code)) return 'timeout';
  return 'refused';
}

/**
 * The one place where the driver's errors become ours. The driver's own error object is never kept as a cause: it
 * carries the statement's parameters.
 */
export function mapError(error: unknown): Error {
  if (error instanceof CoreError || error instanceof StoreError) return error;
  const failure = classify(error);
  const raw = read(error);
  if (failure === null || raw === null) {
    return error instanceof Error ? error : new StoreError('unknown', 'the driver threw no error object');
  }
  const code = raw.code;
  if (failure === 'refused') return new StoreError(code, `database error ${code}${explain(raw)}`);
  return new StoreUnavailable(code, `database ${failure} (${code})${explain(raw)}`);
}

function explain(raw: Raw): string {
  if (!raw.fromServer) return /^[A-Z_]+$/.test(raw.code) ? '' : `: ${raw.message}`;
  if (SPEAKING.has(raw.code.slice(0, 2)) && !MUTE.has(raw.code)) return `: ${raw.message}`;
  return raw.table === undefined ? '' : ` on ${raw.table}`;
}
