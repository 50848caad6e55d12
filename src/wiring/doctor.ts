import type { Finding } from '../cli/wiring-types.ts';
import type { Config } from '../config/load.ts';
import { pendingMigrations } from '../store/migrate.ts';
import { readServerFacts } from '../store/repositories/installation.ts';
import type { Opened } from './database.ts';
import { openRootKey } from './root-key.ts';

const VERSION_MIN = 150_000;
const CLOCK_MS_MAX = 5_000;

/** What is wrong with an installation, a line a check; a check that throws is a finding too. */
export async function examine(config: Config, { db, clock }: Opened): Promise<readonly Finding[]> {
  const check = async (
    name: string,
    look: () => Promise<{ ok: boolean; detail: string }>,
  ): Promise<Finding> => {
    try {
      return { name, ...(await look()) };
    } catch (error) {
      return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
  };
  return [
    await check('database', async () => {
      const { version } = await readServerFacts(db);
      return {
        ok: version >= VERSION_MIN,
        detail: `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`,
      };
    }),
    await check('migrations', async () => {
      const pending = await pendingMigrations(db);
      return {
        ok: pending.length === 0,
        detail: pending.length === 0 ? 'all applied' : `pending: ${pending.join(', ')}`,
      };
    }),
    await check('root key', async () => {
      const kms = await openRootKey(config, db);
      return { ok: true, detail: await kms.currentKeyId() };
    }),
    await check('clock', async () => {
      const { now } = await readServerFacts(db);
      const apart = Math.abs(now.getTime() - clock.now().getTime());
      return { ok: apart <= CLOCK_MS_MAX, detail: `${apart} ms apart from the database's` };
    }),
  ];
}
