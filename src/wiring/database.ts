import type { DestinationStream } from 'pino';
import type { Config, Environment } from '../config/load.ts';
import type { Clock } from '../core/ports.ts';
import { attachEmbedded } from '../store/engines/attach.ts';
import { startEmbedded } from '../store/engines/embedded.ts';
import { connect, type Database } from '../store/postgres.ts';
import type { Statement } from '../store/session.ts';

/** What a test turns, and what a command listens to. */
export interface OpenOptions {
  readonly log?: (line: string) => void;
  /** What references in files of settings stand for; default nothing. */
  readonly environment?: Environment;
  readonly clock?: Clock;
  readonly logDestination?: DestinationStream;
  /** Background jobs run only when they are told to. */
  readonly jobsWait?: boolean;
  readonly onStatement?: (statement: Statement) => void;
  /** The embedded database died under us. */
  readonly onDatabaseExit?: (reason: string) => void;
}

/** The database, opened; nothing of it is read yet. */
export interface Opened {
  readonly db: Database;
  readonly clock: Clock;
  readonly close: () => Promise<void>;
}

export const systemClock: Clock = { now: () => new Date() };

export async function openDatabase(config: Config, options: OpenOptions = {}): Promise<Opened> {
  const { database, data } = config;
  const note = options.log ?? (() => {});
  // A command beside a running server uses that server's database; only one process starts and stops it.
  const attached = database.url === null && config.mode === 'manage' ? await attachEmbedded(data.dir) : null;
  const embedded =
    database.url === null && attached === null
      ? await startEmbedded({
          dataDir: data.dir,
          ...(database.pgBin === null ? {} : { binDir: database.pgBin }),
          ...(options.onDatabaseExit === undefined ? {} : { onExit: options.onDatabaseExit }),
        })
      : null;
  for (const notice of embedded?.notices ?? []) note(notice);
  const db = connect({
    target: attached ?? embedded?.target ?? database.url?.reveal() ?? '',
    maxConnections: database.maxConnections,
    prepare: database.prepare,
    applicationName: 'selfsame',
    statementTimeoutMs: database.statementTimeoutSeconds * 1000,
    ...(options.onStatement === undefined ? {} : { onStatement: options.onStatement }),
  });
  return {
    db,
    clock: options.clock ?? systemClock,
    async close() {
      await db.close();
      await embedded?.stop();
    },
  };
}
