import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { Deps } from '../../src/core/deps.ts';
import type { StoredIdentity } from '../../src/core/identities/ports.ts';
import { EMPTY_PROFILE } from '../../src/core/identities/profile.ts';
import type { Revision } from '../../src/core/identities/revision.ts';
import { openIdentity, vaultFor } from '../../src/core/identities/view.ts';
import type { ActingContext, IdentityId, PoolId } from '../../src/core/ports.ts';
import type { RecordStores } from '../../src/core/record-stores.ts';
import { changeWithin, createWithin, openWithin, together } from '../../src/core/records.ts';
import { addMethod } from '../../src/core/sessions/add-method.ts';
import { DEFAULT_SESSION_CONFIG } from '../../src/core/sessions/config.ts';
import type { AuthenticationMethod } from '../../src/core/sessions/content.ts';
import type { LoginOrigin } from '../../src/core/sessions/device.ts';
import type { AssuranceLevel, SessionId } from '../../src/core/sessions/ports.ts';
import { type StartedSession, startSession } from '../../src/core/sessions/start-session.ts';
import type { SessionView } from '../../src/core/sessions/view.ts';
import { removeExpired } from '../../src/store/repositories/housekeeping.ts';
import { administerAccounts, administerRotations } from '../../src/wiring/administration.ts';
import { wireCore } from '../../src/wiring/core.ts';
import { openDatabase } from '../../src/wiring/database.ts';
import { TestClock } from '../harness/clock.ts';
import { encodeMmdb } from '../harness/mmdb.ts';
import { freshDatabase } from '../harness/postgres.ts';
import { recordStatement } from '../harness/statements.ts';

export const HOUR = 3600;
export const DAY = 24 * HOUR;
export const USER_AGENT = 'Browser of Mary Shelley';
export const ADDRESS = '8.8.8.8';

export interface Site extends AsyncDisposable {
  readonly clock: TestClock;
  readonly deps: Deps;
  readonly own: ActingContext;
  readonly other: ActingContext;
  /** Statements since the site was opened. */
  readonly statements: string[];
  createIdentity(context?: ActingContext): Promise<IdentityId>;
  find(id: IdentityId): Promise<StoredIdentity>;
  revise(id: IdentityId, revision: Revision): Promise<void>;
  login(
    id: IdentityId,
    input?: {
      methods?: readonly AuthenticationMethod[];
      origin?: LoginOrigin;
      lifespanMs?: number;
      within?: (tx: RecordStores) => Promise<unknown>;
    },
  ): Promise<StartedSession>;
  add(id: SessionId, method: AuthenticationMethod): Promise<SessionView>;
  method(name: string, aal?: AssuranceLevel): AuthenticationMethod;
  /** Entries about an identity's sessions, in order. */
  entries(id: IdentityId): Promise<{ action: string; fields: string[]; key_id: string | null }[]>;
  rotate(kind: 'data' | 'pool'): Promise<unknown>;
  cleanUp(): Promise<void>;
  sql<Row>(text: string): Promise<Row[]>;
}

/** The core on a real database, with two pools. */
export async function openSite(): Promise<Site> {
  const database = await freshDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-sessions-'));
  const cityFile = join(directory, 'city.mmdb');
  const place = { city: { names: { en: 'Melbourne' } }, country: { iso_code: 'AU' } };
  writeFileSync(cityFile, encodeMmdb({ '8.8.8.0/24': place }));
  const clock = new TestClock();
  const statements: string[] = [];
  const environment = {
    ...{ DATABASE_URL: database.url, SELFSAME_DATA_DIR: directory },
    SELFSAME_GEO_CITY_FILE: cityFile,
  };
  const { config } = loadConfig({ mode: 'start', environment });
  const opened = await openDatabase(config, {
    clock,
    onStatement(statement) {
      statements.push(statement.text);
      recordStatement(statement);
    },
  });
  const wired = await wireCore(config, opened);
  const { deps } = wired;
  const [own, other] = [await newContext(deps), await newContext(deps)];
  const { poolId } = own.principal;

  const findIn = async (
    { identities }: { identities: Deps['identities'] },
    id: IdentityId,
    pool: PoolId = poolId,
  ): Promise<StoredIdentity> => {
    const stored = await identities.findIdentity(pool, id);
    if (stored === null) throw new RangeError('there is no such identity');
    return stored;
  };
  const sql = async <Row>(text: string): Promise<Row[]> =>
    (await opened.db.query<Row>({ text: `/* scatter: a test */ ${text}`, parameters: [] })).rows;

  return {
    ...{ clock, deps, own, other, statements, sql },
    async createIdentity(context = own) {
      const id = deps.ids.next() as IdentityId;
      await together(deps, async (tx) => {
        const current = await deps.configs.any(context.principal.poolId);
        const vault = await deps.vault.pool(context.principal.poolId, current.version);
        const drafting = { config: current, vault, schemaId: current.defaultSchemaId };
        const draft = { profile: EMPTY_PROFILE, standing: {}, fields: [] };
        await createWithin(tx, deps, context, { drafting, draft, id });
      });
      return id;
    },
    find: (id) => findIn(deps, id),
    async revise(id, revision) {
      await together(deps, async (tx) => {
        await changeWithin(tx, deps, own, openWithin(deps, await findIn(tx, id)), revision);
      });
    },
    login: (id, { methods, origin, lifespanMs, within } = {}) =>
      together(deps, async (tx) => {
        const stored = await findIn(tx, id);
        const identity = openIdentity(await vaultFor(deps, stored), stored);
        await within?.(tx);
        return startSession(tx, deps, own, {
          identity,
          methods: methods ?? [methodOf(clock, 'password')],
          origin: origin ?? { ipAddress: ADDRESS, userAgent: USER_AGENT },
          config: { lifespanMs: lifespanMs ?? DEFAULT_SESSION_CONFIG.lifespanMs },
        });
      }),
    add: (id, method) => together(deps, (tx) => addMethod(tx, deps, own, { poolId, id, method })),
    method: (name, aal) => methodOf(clock, name, aal),
    entries: (id) =>
      sql(`select action, fields, key_id from audit_entries
           where subject_id = '${id}' and action like 'identity.session%' order by id`),
    rotate: (kind) => administerRotations(deps, opened.db, config.rootKey).rotate({ kind, poolId: null }),
    cleanUp: () => removeExpired(opened.db, clock.now()),
    async [Symbol.asyncDispose]() {
      wired.places.close();
      await opened.close();
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function methodOf(clock: TestClock, method: string, aal: AssuranceLevel = 'aal1'): AuthenticationMethod {
  return { method, aal, completedAt: clock.now() };
}

async function newContext(deps: Deps): Promise<ActingContext> {
  const { live } = await administerAccounts(deps).create({ title: 'One' });
  return {
    principal: { poolId: live.poolId, keyId: null },
    requestId: 'r',
    origin: { address: '203.0.113.9', method: 'POST', path: '/x' },
  };
}
