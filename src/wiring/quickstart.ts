import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import { createApiKey } from '../core/keys/manage-keys.ts';
import { createAccount } from '../core/pools/create-account.ts';
import type { AccountId, DomainId, Environment, PoolId } from '../core/ports.ts';
import { toPlaced } from '../kit/ids.ts';
import type { Database } from '../store/postgres.ts';
import { readFact, writeFactOnce } from '../store/repositories/installation.ts';
import { createOrganisationStore } from '../store/repositories/organisation.ts';
import { REQUESTS_PER_MINUTE } from './administration.ts';

const FACT = 'quickstart';

interface Organisation {
  readonly accountId: AccountId;
  readonly partition: number;
  readonly domainId: DomainId;
  readonly live: PoolId;
  readonly sandbox: PoolId;
}

/** One pool of `quickstart.json`. */
interface PoolEntry {
  readonly pool_id: string;
  readonly app_id: string;
  readonly api_key: string;
}

/** `data/quickstart.json` (DESIGN 7.1). */
export interface QuickstartFile {
  readonly url: string;
  readonly account_id: string;
  readonly domain_id: string;
  readonly live: PoolEntry;
  readonly sandbox: PoolEntry;
}

export function quickstartPath(config: Config): string {
  return join(config.data.dir, 'quickstart.json');
}

/** The quickstart's account, made on first call; of two processes that start at once one makes it. */
export async function ensureOrganisation(deps: Deps, db: Database): Promise<Organisation> {
  const found = await readFact(db, FACT);
  if (found !== null) return JSON.parse(found);
  return db
    .transaction(async (tx) => {
      const within = { ...deps, organisation: createOrganisationStore(tx) };
      const made = await createAccount(within, { title: 'Quickstart', environments: ['live', 'sandbox'] });
      const poolOf = (environment: Environment): PoolId => {
        const pool = made.pools.find((candidate) => candidate.environment === environment);
        if (pool === undefined) throw new TypeError(`no ${environment} pool was made`);
        return pool.id;
      };
      const organisation: Organisation = {
        accountId: made.account.id,
        partition: made.account.partition,
        domainId: made.domain.id,
        live: poolOf('live'),
        sandbox: poolOf('sandbox'),
      };
      // Waits for another process that is at the same point, then finds its account instead of keeping this one.
      if (!(await writeFactOnce(tx, FACT, JSON.stringify(organisation)))) throw new AnotherWasFirst();
      await writeFactOnce(tx, 'default_pool', organisation.live);
      return organisation;
    })
    .catch(async (error: unknown) => {
      const first = error instanceof AnotherWasFirst ? await readFact(db, FACT) : null;
      if (first === null) throw error;
      return JSON.parse(first);
    });
}

class AnotherWasFirst extends Error {}

/**
 * The keys of an earlier start, or fresh ones where the file is missing or of another installation: keys are stored
 * hashed, so a lost file cannot be written again.
 */
export async function ensureKeys(
  deps: Deps,
  config: Config,
  organisation: Organisation,
): Promise<Pick<QuickstartFile, 'account_id' | 'domain_id' | 'live' | 'sandbox'>> {
  const { accountId, domainId, partition } = organisation;
  const earlier = await readQuickstart(quickstartPath(config));
  const entry = async (environment: Environment): Promise<PoolEntry> => {
    const poolId = organisation[environment];
    const kept = earlier?.[environment];
    if (kept?.app_id === poolId && typeof kept.api_key === 'string') return kept;
    const { text } = await createApiKey(deps, {
      poolId,
      label: `Quickstart ${environment}`,
      grants: ['all'],
      requestsPerMinute: REQUESTS_PER_MINUTE,
      allowedAddresses: null,
      expiresAt: null,
    });
    return { pool_id: toPlaced(poolId, 'pool', partition), app_id: poolId, api_key: text };
  };
  return {
    account_id: toPlaced(accountId, 'account', partition),
    domain_id: toPlaced(domainId, 'domain', partition),
    live: await entry('live'),
    sandbox: await entry('sandbox'),
  };
}

async function readQuickstart(path: string): Promise<Partial<QuickstartFile> | null> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : null;
  } catch {
    return null;
  }
}

/** Whole or not at all, readable by its owner only. */
export async function writeQuickstart(path: string, file: QuickstartFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}

/** What a start prints: where things are, and calls to paste. */
export function quickstartLines(file: QuickstartFile, path: string): string[] {
  const { url, live, sandbox } = file;
  const create = JSON.stringify({
    details: {
      pool_id: live.pool_id,
      factors: [{ name: 'email', type: 'email', value: 'hello@example.com' }],
    },
  });
  const person = JSON.stringify({
    ...{
      type: 'person',
      name: 'Ana Silva',
      email: 'ana@example.com',
      birthday: '1990-05-06',
      gender: 'Female',
    },
    address: { city: 'Braga', country: 'PT', postalCode: '4700-001', street: 'Rua do Souto 1' },
    phone: { number: '910000000' },
    tax: { country: 'PT', idNumber: '123456789' },
  });
  const identity = JSON.stringify({
    traits: { email: 'grace@example.com' },
    credentials: { password: { config: { password: 'nanoseconds are short' } } },
  });
  const user = JSON.stringify({
    ...{ projectId: live.app_id, strategy: 'email', provider: 'awsCognito' },
    data: { email: 'alan@example.com', password: 'bID>idfsf23!' },
  });
  const verification = `-H 'X-API-Key: ${live.api_key}' -H 'Content-Type: application/json'`;
  return [
    '',
    `Selfsame is serving on ${url}`,
    '',
    `  live pool     ${live.pool_id}   ${live.api_key}`,
    `  sandbox pool  ${sandbox.pool_id}   ${sandbox.api_key}`,
    `  pages         ${byName(url)}/`,
    `  reference     ${url}/docs`,
    `  all of this   ${path}`,
    '',
    'Paste one of these:',
    '',
    '# pools: make an identity, then list the pool',
    `curl -sS ${url}/api/v1/identity -H 'Authorization: Bearer ${live.api_key}' -H 'Content-Type: application/json' -d '${create}'`,
    `curl -sS -H 'Authorization: Bearer ${live.api_key}' '${url}/api/v1/identity?pool_id=${live.pool_id}'`,
    '',
    '# verification: make an identity by your own reference, then update it',
    `curl -sS ${url}/api/v1/identities ${verification} -d '{"external_ref":"user-1","upsert":true}'`,
    `curl -sS -X PATCH ${url}/api/v1/identities/user-1 ${verification} -d '{"first_name":"Ada","country":"GB"}'`,
    '',
    '# kyc: make a person, then find them by a part of their e-mail',
    `curl -sS ${url}/identities -H 'apikey: ${live.api_key}' -H 'Content-Type: application/json' -d '${person}'`,
    `curl -sS -g -H 'apikey: ${live.api_key}' '${url}/identities?filter[email]=like:ana@'`,
    '',
    '# iam: make an identity with a password, then find it by what it logs in with',
    `curl -sS ${url}/admin/identities -H 'Authorization: Bearer ${live.api_key}' -H 'Content-Type: application/json' -d '${identity}'`,
    `curl -sS -H 'Authorization: Bearer ${live.api_key}' '${url}/admin/identities?credentials_identifier=GRACE@example.com'`,
    '',
    '# identify: register a user, then log in',
    `curl -sS ${url}/v1/user -H 'Content-Type: application/json' -d '${user}'`,
    `curl -sS -X PUT ${url}/v1/user/login -H 'Content-Type: application/json' -d '${user}'`,
    '',
    'Pages in docs/surfaces go on from there.',
    '',
  ];
}

/** Browsers have passkeys at names alone, `localhost` among them. */
function byName(url: string): string {
  return url.replace(/^http:\/\/(?:127\.0\.0\.1|\[::1\])(?=:|$)/, 'http://localhost');
}
