import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { Session } from './session.ts';

/**
 * Kysely over a session, for administrative queries whose shape varies. It opens no connections and no transactions
 * of its own: build it over the session that a transaction hands out.
 */
export function createQueryBuilder<Tables>(session: Session): Kysely<Tables> {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driverOf(session),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return new Kysely<Tables>({ dialect });
}

function driverOf(session: Session): Driver {
  const connection: DatabaseConnection = {
    executeQuery: async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
      const { rows, count } = await session.query<Row>({ text: query.sql, parameters: query.parameters });
      return { rows, numAffectedRows: BigInt(count) };
    },
    streamQuery: () => {
      throw new Error('streaming is not offered; page by key instead');
    },
  };
  const refuse = async (): Promise<void> => {
    throw new Error('use Session.transaction: it retries, and its session builds the queries inside');
  };
  const nothing = async (): Promise<void> => {};
  return {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: nothing,
    destroy: nothing,
  };
}
