import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from './client.ts';
import { ClientPool } from './client.ts';
import type { Failure } from './errors.ts';
import { classify, mapError, StoreError, StoreUnavailable } from './errors.ts';
import type { QueryResult, Session, Statement } from './session.ts';
import type { Target } from './target.ts';
import { encodeParameter } from './types.ts';

export interface ConnectOptions {
  readonly target: Target;
  readonly maxConnections: number;
  /** Statements prepared by their text. False for poolers in transaction mode. */
  readonly prepare: boolean;
  readonly applicationName: string;
  /** 0: none. Sent when a connection opens, and not at all when `prepare` is false (such poolers refuse it). */
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs?: number;
  /** Default 10. */
  readonly connectTimeoutSeconds?: number;
  /** Called with every statement before it is sent, also inside transactions and again when it is retried. */
  readonly onStatement?: (statement: Statement) => void;
}

export interface Database extends Session {
  /** One round trip, at most two seconds. @throws Unavailable */
  ping(): Promise<void>;
  /** Waits up to five seconds for statements under way. */
  close(): Promise<void>;
  /** Another pool of connections to the same database; the caller closes it. */
  reconnect(changes: Partial<ConnectOptions>): Database;
}

/** As many as a batch of reads has statements under way (read-batches.ts). */
const POINT_READ_CONNECTIONS = 2;
/** With fewer, nobody has connections of their own. */
const DIVIDED_FROM = 6;
const ATTEMPTS = 6;
const PING_MS = 2000;
const CLOSE_SECONDS = 5;

/** Opens nothing yet: connections are made when they are first needed. */
export function connect(options: ConnectOptions): Database {
  const timeouts = {
    ...(options.statementTimeoutMs > 0 && { statement_timeout: String(options.statementTimeoutMs) }),
    ...(options.lockTimeoutMs !== undefined && { lock_timeout: String(options.lockTimeoutMs) }),
  };
  const open = (maxConnections: number) =>
    new ClientPool({
      target: options.target,
      maxConnections,
      prepare: options.prepare,
      applicationName: options.applicationName,
      connectTimeoutSeconds: options.connectTimeoutSeconds ?? 10,
      // Without a statement timeout somebody builds indexes, say.
      retireSeconds: options.statementTimeoutMs > 0 ? 5 + (2 * options.statementTimeoutMs) / 1000 : 3600,
      settings: options.prepare ? timeouts : {},
    });
  const kept = options.maxConnections >= DIVIDED_FROM ? POINT_READ_CONNECTIONS : 0;
  const pool = open(options.maxConnections - kept);
  const pointReads = kept > 0 ? open(kept) : pool;
  const send: Send = { prepare: options.prepare, onStatement: options.onStatement };

  const query = <Row>(statement: Statement): Promise<QueryResult<Row>> => {
    const chosen = statement.isPointRead === true ? pointReads : pool;
    return retried(['unsent', 'aborted'], () => chosen.use((sql) => run<Row>(sql, statement, send)));
  };

  return {
    query,
    transaction: (work) => transaction(pool, send, work),
    ping: async () => {
      const late = delay(PING_MS, undefined, { ref: false }).then(() => {
        throw new StoreUnavailable('timeout', 'the database does not answer');
      });
      const answer = pool.use((sql) => run(sql, { text: 'select 1', parameters: [] }, send));
      answer.catch(() => {});
      try {
        await Promise.race([answer, late]);
      } catch (error) {
        throw mapError(error);
      }
    },
    close: async () => {
      await Promise.all([...new Set([pool, pointReads])].map((one) => one.close(CLOSE_SECONDS)));
    },
    reconnect: (changes) => connect({ ...options, ...changes }),
  };
}

interface Send {
  readonly prepare: boolean;
  readonly onStatement: ((statement: Statement) => void) | undefined;
}

/** One statement, one attempt. Throws the driver's own error, for the caller to classify and map. */
async function run<Row>(
  sql: Pick<Sql, 'unsafe'>,
  statement: Statement,
  send: Send,
): Promise<QueryResult<Row>> {
  send.onStatement?.(statement);
  const parameters = statement.parameters.map(encodeParameter);
  const query = sql.unsafe<Record<string, unknown>[]>(statement.text, parameters, { prepare: send.prepare });
  const result = await query;
  // A plain array: the driver's carries the statement, and through it the parameters, wherever the rows go.
  const rows = Array.from(result) as Row[];
  const count = result.count ?? 0;
  release(query, result);
  return { rows, count };
}

/** Of the driver's query, what grows with its statement and its parameters. */
const RELEASED = {
  ...{ strings: null, string: null, signature: null, statement: null },
  ...{ args: null, parameters: null },
};

/**
 * Takes from a finished query of the driver what it holds. It has closures that are its own properties, and V8 allocates a
 * closure that is written into a property in the old generation: until the next major collection those keep the query, its
 * rows and whatever was made of them, although nobody uses any of it.
 */
function release(query: object, result: unknown[]): void {
  result.length = 0;
  Object.assign(query, RELEASED);
}

/** @param on The failures that are certain to have had no effect. */
async function retried<T>(on: readonly Failure[], attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const failure = classify(error);
      if (failure === null || !on.includes(failure) || tries === ATTEMPTS) throw mapError(error);
      await backoff(tries);
    }
  }
}

/** 10 to 20 ms after the first failure, doubling, at most half a second. */
function backoff(tries: number): Promise<void> {
  const ceilingMs = Math.min(20 * 2 ** (tries - 1), 500);
  return delay(ceilingMs * (0.5 + Math.random() / 2));
}

const RETRYABLE: readonly (Failure | null)[] = ['unsent', 'lost', 'aborted', 'broken'];

/** What is known of one attempt at a transaction, beyond the error that its closure chose to throw. */
interface Attempt {
  /** The first retryable failure of a statement. */
  failure: Failure | null;
  error: unknown;
  /** The connection is gone: nothing more may be written to it, not even a rollback. */
  lost: boolean;
  committing: boolean;
  over: boolean;
}

async function transaction<T>(
  pool: ClientPool,
  send: Send,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const attempt: Attempt = { failure: null, error: null, lost: false, committing: false, over: false };
    try {
      return await pool.use((sql) => once(sql, send, attempt, work));
    } catch (error) {
      const own = classify(error);
      const failure = attempt.failure ?? own;
      if (attempt.committing && own === 'lost') {
        throw new StoreUnavailable(
          '08007',
          'the connection was lost during a commit; its outcome is unknown',
        );
      }
      if (!RETRYABLE.includes(failure)) throw mapError(error);
      if (tries === ATTEMPTS) throw mapError(attempt.error ?? error);
      await backoff(tries);
    } finally {
      attempt.over = true;
    }
  }
}

/**
 * One attempt. Once the connection is lost the driver's own closure is left pending for ever: if it settled, the
 * driver would write a rollback to a socket that is gone, which throws outside of every promise. The driver rejects
 * `begin` by itself when the connection closes, so nobody waits for it.
 */
async function once<T>(
  sql: Sql,
  send: Send,
  attempt: Attempt,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const never = new Promise<never>(() => {});
  let closure: Promise<unknown> = Promise.resolve();
  const done = sql.begin(async (tx) => {
    const session = inTransaction(tx, send, attempt);
    const running = work(session);
    closure = running;
    try {
      const value = await running;
      if (attempt.lost) return await never;
      attempt.committing = true;
      return { value };
    } catch (error) {
      if (attempt.lost) return await never;
      throw error;
    }
  });
  done.catch(() => {
    attempt.lost = true;
  });
  try {
    const settled = (await done) as { value: T };
    return settled.value;
  } catch (error) {
    // The closure must not run beside its own retry.
    await closure.catch(() => {});
    throw error;
  }
}

function inTransaction(tx: Pick<Sql, 'unsafe'>, send: Send, attempt: Attempt): Session {
  const session: Session = {
    query: async <Row>(statement: Statement) => {
      if (attempt.over) throw new StoreError('25P01', 'the transaction is already over');
      if (attempt.lost)
        throw mapError(attempt.error ?? new StoreUnavailable('08006', 'the connection was lost'));
      try {
        return await run<Row>(tx, statement, send);
      } catch (error) {
        const failure = classify(error);
        if (failure === 'lost' || failure === 'unsent') attempt.lost = true;
        if (attempt.failure === null && RETRYABLE.includes(failure)) {
          attempt.failure = failure;
          attempt.error = error;
        }
        throw mapError(error);
      }
    },
    transaction: (work) => work(session),
  };
  return session;
}
