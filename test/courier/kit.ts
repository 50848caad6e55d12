import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { CourierStore, MessageId } from '../../src/core/courier/ports.ts';
import { type QueuedMessage, queueMessage } from '../../src/core/courier/queue-message.ts';
import type { Deps } from '../../src/core/deps.ts';
import type { StoredIdentity } from '../../src/core/identities/ports.ts';
import { EMPTY_PROFILE } from '../../src/core/identities/profile.ts';
import type { IdentityId, RequestContext } from '../../src/core/ports.ts';
import type { RecordStores } from '../../src/core/record-stores.ts';
import { changeWithin, createWithin, openWithin, together } from '../../src/core/records.ts';
import { createLog } from '../../src/http/logging.ts';
import { createCourierStore } from '../../src/store/repositories/courier.ts';
import { administerAccounts, administerRotations } from '../../src/wiring/administration.ts';
import { wireCore } from '../../src/wiring/core.ts';
import { type Courier, createCourier } from '../../src/wiring/courier.ts';
import { openDatabase } from '../../src/wiring/database.ts';
import { TestClock } from '../harness/clock.ts';
import { freshDatabase } from '../harness/postgres.ts';
import { recordStatement } from '../harness/statements.ts';

export interface Site extends AsyncDisposable {
  readonly clock: TestClock;
  readonly deps: Deps & { readonly courier: CourierStore };
  readonly own: RequestContext;
  readonly other: RequestContext;
  /** One of as many processes as a test wants. */
  startCourier(environment?: Record<string, string>, mode?: 'start' | 'manage'): Courier;
  /** What couriers said, a line of JSON each. */
  readonly logged: string[];
  rotate(kind: 'data' | 'pool'): Promise<unknown>;
  sql<Row>(text: string): Promise<Row[]>;
  /** @param within What is done in the same transaction. */
  createIdentity(within?: (tx: RecordStores, made: StoredIdentity) => Promise<unknown>): Promise<IdentityId>;
  erase(id: IdentityId): Promise<void>;
  /** Within a transaction of its own, as a use case does it. */
  queue(message?: Partial<Omit<QueuedMessage, 'identity'>> & { identityId?: IdentityId }): Promise<MessageId>;
  /** What the transport of quickstart wrote, by name. */
  outbox(): { name: string; content: Record<string, unknown> }[];
}

export const LOGIN = { template: 'login_code_valid', code: '904417', minutes: 15 } as const;
const ADDRESS = 'Jo.Doe@example.com';

/** The core on a real database, and couriers on it. */
export async function openSite(): Promise<Site> {
  const database = await freshDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-courier-'));
  const clock = new TestClock();
  const settings = { DATABASE_URL: database.url, SELFSAME_DATA_DIR: directory };
  const load = (more: Record<string, string>, mode: 'start' | 'manage') =>
    loadConfig({ mode, environment: { ...settings, ...more } }).config;
  const config = load({}, 'start');
  const opened = await openDatabase(config, { clock, onStatement: recordStatement });
  const wired = await wireCore(config, opened);
  const deps = { ...wired.deps, courier: createCourierStore(opened.db) };
  const [own, other] = [await newContext(deps), await newContext(deps)];
  const { poolId } = own.principal;
  const logged: string[] = [];
  const log = createLog({ destination: { write: (line) => logged.push(line) } });
  const couriers: Courier[] = [];

  const site: Site = {
    ...{ clock, deps, own, other, logged },
    startCourier(environment = {}, mode = 'start') {
      const courier = createCourier(load(environment, mode), log, deps);
      couriers.push(courier);
      return courier;
    },
    rotate: (kind) => administerRotations(deps, opened.db, config.rootKey).rotate({ kind, poolId: null }),
    sql: async <Row>(text: string) => (await opened.db.query<Row>({ text, parameters: [] })).rows,
    async createIdentity(within = async () => {}) {
      const id = deps.ids.next() as IdentityId;
      await together(deps, async (tx) => {
        const current = await deps.configs.any(poolId);
        const vault = await deps.vault.pool(poolId, current.version);
        const drafting = { config: current, vault, schemaId: current.defaultSchemaId };
        const draft = { profile: EMPTY_PROFILE, standing: {}, fields: [] };
        const { stored } = await createWithin(tx, deps, own, { drafting, draft, id });
        await within(tx, stored);
      });
      return id;
    },
    async erase(id) {
      await together(deps, async (tx) => {
        const changing = openWithin(deps, await find(tx, id));
        const revision = { action: 'identity.erased', fields: [], status: 'erased' } as const;
        await changeWithin(tx, deps, own, changing, revision);
      });
    },
    queue: ({ identityId, ...message } = {}) =>
      together(deps, async (tx) =>
        queueMessage(tx, deps, {
          ...{ poolId, channel: 'email', recipient: ADDRESS, occasion: LOGIN, languages: ['en'] },
          ...message,
          identity: identityId === undefined ? null : await find(tx, identityId),
        }),
      ),
    outbox() {
      if (!existsSync(join(directory, 'outbox'))) return [];
      const files = readdirSync(join(directory, 'outbox')).sort();
      return files.map((name) => ({
        name,
        content: JSON.parse(readFileSync(join(directory, 'outbox', name), 'utf8')),
      }));
    },
    async [Symbol.asyncDispose]() {
      for (const { job } of couriers) await job.stop(0);
      wired.places.close();
      await opened.close();
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  const find = async (tx: { identities: Deps['identities'] }, id: IdentityId): Promise<StoredIdentity> => {
    const stored = await tx.identities.findIdentity(poolId, id);
    if (stored === null) throw new RangeError('there is no such identity');
    return stored;
  };
  return site;
}

async function newContext(deps: Deps): Promise<RequestContext> {
  const { live } = await administerAccounts(deps).create({ title: 'One' });
  const origin = { address: '203.0.113.9', method: 'POST', path: '/x' };
  return {
    principal: { poolId: live.poolId, keyId: null },
    requestId: 'r',
    origin,
  } as unknown as RequestContext;
}
