/**
 * Where a database is. A URL is PostgreSQL's own (`postgres://user:password@host:5432/name?sslmode=verify-full`);
 * `?host=/directory` names the directory of a unix socket, as libpq reads it.
 */
export type Target = string | SocketTarget;

export interface SocketTarget {
  /** The directory that holds `.s.PGSQL.<port>`. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export function socketUrl(target: SocketTarget): string {
  const query = new URLSearchParams({ host: target.host, port: String(target.port) });
  return `postgres://${encodeURIComponent(target.user)}@localhost/${encodeURIComponent(target.database)}?${query}`;
}

/** A unix-socket URL as its parts, which the driver wants one by one; any other URL as it is. */
export function resolveTarget(target: Target): Target {
  if (typeof target !== 'string') return target;
  const [, query] = target.split('?', 2);
  const host = new URLSearchParams(query).get('host');
  if (host === null || !host.startsWith('/')) return target;
  const url = new URL(target);
  return {
    host,
    port: Number(url.searchParams.get('port') ?? (url.port === '' ? 5432 : url.port)),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}

/** The same server, another database. */
export function withDatabase(url: string, database: string): string {
  const [base = '', query] = url.split('?', 2);
  const renamed = base.replace(/^([a-z]+:\/\/[^/]*).*$/, `$1/${encodeURIComponent(database)}`);
  return query === undefined ? renamed : `${renamed}?${query}`;
}
