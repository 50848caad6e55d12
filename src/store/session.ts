/**
 * One SQL statement. `name` is for logs and traces; statements are prepared by their text. Parameters are what
 * postgres.js takes: strings, numbers, booleans, Dates, Buffers, null, and arrays of these.
 */
export interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
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
