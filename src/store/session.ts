/**
 * One SQL statement. `name` is for logs and traces; statements are prepared by their text. Parameters are what
 * postgres.js takes: strings, numbers, booleans, Dates, Buffers, null, and arrays of these.
 */
export interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
  /**
   * A read of a few rows by their keys: it goes by connections kept for such reads, so that writes and lists, however many
   * there are, do not hold it up. In a transaction it makes no difference.
   */
  readonly isPointRead?: true;
}

export interface QueryResult<Row> {
  readonly rows: Row[];
  /** Rows touched by INSERT, UPDATE or DELETE without RETURNING. */
  readonly count: number;
}

/**
 * The database as repositories see it; drivers are turned behind it.
 *
 * @throws Unavailable (core/errors.ts) when the server cannot be reached; `StoreError` for anything else.
 */
export interface Session {
  query<Row>(statement: Statement): Promise<QueryResult<Row>>;
  /**
   * Runs `work` in one transaction and retries the whole closure, bounded, on 40001, 40P01, 57P01 and class 08
   * before commit: it must be safe to run again. Inside a transaction it opens no second one.
   */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
}
