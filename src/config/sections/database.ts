import { optional, withDefault } from '../field.ts';
import { boolean, integer, path, secret, url } from '../kinds.ts';
import { section } from '../section.ts';

export const database = section({
  name: 'database',
  title: 'Database',
  prose:
    'PostgreSQL 15 or later. `start` runs one of its own in the data directory unless `DATABASE_URL` is set; ' +
    '`serve` wants to be told which.',
  fields: {
    url: optional({
      kind: secret(url(['postgres:', 'postgresql:'])),
      env: 'DATABASE_URL',
      prose: 'Where PostgreSQL is. Add `?sslmode=verify-full` when the network between is not yours.',
    }),
    embedded: optional({
      kind: boolean,
      prose:
        'True: run PostgreSQL in the data directory. Not set: as if true in `start` when there is no URL.',
    }),
    pgBin: optional({
      kind: path,
      env: 'SELFSAME_PG_BIN',
      prose: 'Folder with `initdb` and `postgres` for the embedded database. Not set: the packaged ones.',
    }),
    maxConnections: withDefault({
      kind: integer(1, 1000),
      default: 8,
      prose:
        'Connections of this process. Requests share them, several statements under way on each: more than a few for ' +
        'each core cost throughput. From 6 on, 2 of them are kept for reads of a few rows by their keys.',
    }),
    prepare: withDefault({
      kind: boolean,
      default: true,
      prose: 'Prepared statements. Switch off behind a pooler in transaction mode that cannot carry them.',
    }),
    statementTimeoutSeconds: withDefault({
      kind: integer(1, 3600),
      default: 30,
      prose: 'A statement that runs longer is stopped.',
    }),
  },
  check({ url, embedded }, mode) {
    const fault = (message: string) => [{ key: 'database.url', message }];
    if (url !== null && embedded === true)
      return fault('must not be set beside database.embedded: choose one');
    if (url === null && embedded === false) return fault('must be set when database.embedded is false');
    if (mode === 'serve' && url === null && embedded === null) {
      return fault(
        'must be chosen: set DATABASE_URL, or SELFSAME_DATABASE_EMBEDDED=true for the embedded database',
      );
    }
    return [];
  },
  // Exactly one of the two holds for the program: a URL, or the embedded database.
  finish: (values) => ({ ...values, embedded: values.url === null }),
});
