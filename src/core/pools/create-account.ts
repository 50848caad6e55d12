import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import type { AccountId, DomainId, Environment, PoolId, RulesetId } from '../ports.ts';
import { DEFAULT_SCHEMA, DEFAULT_SCHEMA_ID } from './default-schema.ts';
import type { Account, Domain, OrganisationStore, Pool, Ruleset } from './ports.ts';
import { defineFactors } from './ruleset.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'random' | 'organisation' | 'vault'>;
const TRIES_MAX = 10;
const PARTITIONS = 2 ** 30;

export interface CreatedAccount {
  readonly account: Account;
  readonly domain: Domain;
  readonly ruleset: Ruleset;
  readonly pools: readonly Pool[];
}

/**
 * Makes an account with one domain, the default ruleset and one pool for each environment. An act of the
 * installation: there is no route to it (contract pools 3.1).
 */
export async function createAccount(
  deps: Needs,
  input: { title: string; environments: readonly Environment[] },
): Promise<CreatedAccount> {
  const at = deps.clock.now();
  const accountId = deps.ids.next() as AccountId;
  const domain: Domain = { id: deps.ids.next() as DomainId, accountId, title: input.title, status: 'extant' };
  const ruleset: Ruleset = {
    id: deps.ids.next() as RulesetId,
    accountId,
    domainId: domain.id,
    title: 'Default',
    status: 'extant',
    factors: defineFactors([
      { name: 'email', type: 'email', attribute: 'email' },
      { name: 'backup', type: 'email', identifier: false },
    ]).factors,
    methods: [],
    plans: [],
  };
  const pools = input.environments.map(
    (environment): Pool => ({
      id: deps.ids.next() as PoolId,
      accountId,
      domainId: domain.id,
      rulesetId: ruleset.id,
      title: environment === 'live' ? 'Live' : 'Sandbox',
      status: 'extant',
      environment,
    }),
  );
  const keys = await Promise.all(pools.map((pool) => deps.vault.createPoolKeys(pool.id)));

  return deps.organisation.transaction(async (tx) => {
    const account = await insertWithFreePartition(deps, tx, { id: accountId, title: input.title }, at);
    await tx.insertDomain(domain, at);
    await tx.insertRuleset(ruleset, at);
    for (const [index, pool] of pools.entries()) {
      await tx.insertPool(pool, keys[index] ?? [], { id: DEFAULT_SCHEMA_ID, schema: DEFAULT_SCHEMA }, at);
      const fields = ['domain_id', 'ruleset_id', 'title'];
      await tx.record(stampOf(deps, null, pool.id), { action: 'pool.created', subjectId: pool.id, fields });
    }
    return { account, domain, ruleset, pools };
  });
}

/** The account is the root of its ids: it draws the partition that all below it carry. */
async function insertWithFreePartition(
  { random }: Pick<Deps, 'random'>,
  tx: OrganisationStore,
  { id, title }: { id: AccountId; title: string },
  at: Date,
): Promise<Account> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const partition = random.bytes(4).readUInt32BE(0) % PARTITIONS;
    const account: Account = { id, partition, title, status: 'extant' };
    if (await tx.insertAccount(account, at)) return account;
  }
  throw new InternalFault('no free partition was drawn for a new account');
}
