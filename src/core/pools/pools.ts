import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { DomainId, PoolId, Principal, RequestContext, RulesetId } from '../ports.ts';
import { DEFAULT_SCHEMA, DEFAULT_SCHEMA_ID } from './default-schema.ts';
import { getDomain, getOpenDomain } from './domains.ts';
import type { OffsetPage, OffsetQuery, OrganisationSort, OrganisationStore, Pool } from './ports.ts';
import { reaches, reachOf } from './reach.ts';
import { readTitle } from './read-input.ts';
import { findBreakage } from './ruleset.ts';
import { getRuleset } from './rulesets.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'organisation' | 'vault'>;

/** @throws NotFound Unknown, of another account, of the other environment, or out of the key's reach. */
export async function getPool(
  { organisation }: Pick<Deps, 'organisation'>,
  principal: Principal,
  id: PoolId,
): Promise<Pool> {
  const pool = await organisation.findPool(principal.accountId, id);
  if (pool === null || !reaches(principal, { ...pool, poolId: pool.id })) throw new NotFound();
  return pool;
}

/** Pools of a domain that the key reaches: those of its own environment. */
export async function listPools(
  deps: Pick<Deps, 'organisation'>,
  principal: Principal,
  input: { domainId: DomainId } & OffsetQuery<OrganisationSort>,
): Promise<OffsetPage<Pool>> {
  await getDomain(deps, principal, input.domainId);
  return deps.organisation.listPools(reachOf(principal), input.domainId, input);
}

/**
 * Makes a pool with fresh keys, in the caller's environment, with the default identity schema.
 *
 * @throws NotFound Domain or ruleset. @throws WrongState One of them is deleted.
 * @throws InvalidInput The title, or a ruleset of another domain.
 */
export async function createPool(
  deps: Needs,
  context: RequestContext,
  input: { domainId: DomainId; rulesetId: RulesetId; title: unknown },
): Promise<Pool> {
  const { principal } = context;
  await getDomain(deps, principal, input.domainId);
  const ruleset = await getRuleset(deps, principal, input.rulesetId);
  const domain = await getOpenDomain(deps, principal, input.domainId);
  if (ruleset.status !== 'extant') throw new WrongState('The ruleset is deleted.');
  const title = readTitle(input.title, true);
  const problems = [...title.problems];
  if (ruleset.domainId !== domain.id) {
    problems.push({ path: ['ruleset_id'], code: 'invalid', message: 'The ruleset is of another domain.' });
  }
  if (problems.length > 0 || title.value === undefined) throw new InvalidInput(problems);
  const pool: Pool = {
    id: deps.ids.next() as PoolId,
    accountId: principal.accountId,
    domainId: domain.id,
    rulesetId: ruleset.id,
    title: title.value,
    status: 'extant',
    environment: principal.environment,
  };
  const keys = await deps.vault.createPoolKeys(pool.id);
  const stamp = stampOf(deps, context, principal.poolId);
  await deps.organisation.transaction(async (tx) => {
    // Against a deletion of either between the check above and this insert.
    await tx.lock('domains', domain.id);
    await tx.lock('rulesets', ruleset.id);
    const [under, by] = [
      await tx.findDomain(principal.accountId, domain.id),
      await tx.findRuleset(principal.accountId, ruleset.id),
    ];
    if (under?.status !== 'extant') throw new WrongState('The domain is deleted.');
    if (by?.status !== 'extant') throw new WrongState('The ruleset is deleted.');
    await tx.insertPool(pool, keys, { id: DEFAULT_SCHEMA_ID, schema: DEFAULT_SCHEMA }, stamp.at);
    const fields = ['domain_id', 'ruleset_id', 'title'];
    await tx.record(stamp, { action: 'pool.created', subjectId: pool.id, fields });
  });
  return pool;
}

/**
 * Each field absent or null: no change.
 *
 * @throws NotFound @throws InvalidInput
 * @throws WrongState The pool or the new ruleset is deleted, or an extant identity would break under it.
 */
export async function updatePool(
  deps: Needs,
  context: RequestContext,
  input: { poolId: PoolId; title: unknown; rulesetId: RulesetId | null },
): Promise<Pool> {
  const { principal } = context;
  return changePool(deps, context, input.poolId, async (tx, pool) => {
    const title = readTitle(input.title, false);
    const problems = [...title.problems];
    const next =
      input.rulesetId === null ? null : await getRuleset({ organisation: tx }, principal, input.rulesetId);
    if (next !== null && next.status !== 'extant') throw new WrongState('The ruleset is deleted.');
    if (next !== null && next.domainId !== pool.domainId) {
      problems.push({ path: ['ruleset_id'], code: 'invalid', message: 'The ruleset is of another domain.' });
    }
    if (problems.length > 0) throw new InvalidInput(problems);
    if (next !== null && next.id !== pool.rulesetId) {
      await tx.lock('rulesets', next.id);
      // First, so that a change of the present ruleset that is under way is over before both are read.
      await tx.raiseConfigVersion(pool.id);
      const [before, after] = [
        await tx.findRuleset(pool.accountId, pool.rulesetId),
        await tx.findRuleset(pool.accountId, next.id),
      ];
      if (after?.status !== 'extant') throw new WrongState('The ruleset is deleted.');
      const breakage = findBreakage(before?.factors ?? [], after.factors, await tx.factorUse(pool.id));
      if (breakage !== null) throw new WrongState(breakage);
    }
    return {
      action: 'pool.updated',
      change: {
        ...(title.value === undefined ? {} : { title: title.value }),
        ...(next === null ? {} : { rulesetId: next.id }),
      },
    };
  });
}

/** Closes the pool and its identities for changes; both can still be read (contract pools 6). */
export async function deletePool(
  deps: Needs,
  context: RequestContext,
  input: { poolId: PoolId },
): Promise<Pool> {
  return changePool(deps, context, input.poolId, async (tx, pool) => {
    await tx.raiseConfigVersion(pool.id);
    return { action: 'pool.deleted', change: { status: 'deleted' } };
  });
}

type PoolChange = Parameters<OrganisationStore['updatePool']>[1];

async function changePool(
  deps: Needs,
  context: RequestContext,
  id: PoolId,
  decide: (tx: OrganisationStore, pool: Pool) => Promise<{ action: string; change: PoolChange }>,
): Promise<Pool> {
  const { principal } = context;
  return deps.organisation.transaction(async (tx) => {
    await getPool({ organisation: tx }, principal, id);
    await tx.lock('pools', id);
    const pool = await getPool({ organisation: tx }, principal, id);
    if (pool.status !== 'extant') throw new WrongState('The pool is deleted.');
    const { action, change } = await decide(tx, pool);
    const fields = Object.keys(change).map((field) => (field === 'rulesetId' ? 'ruleset_id' : field));
    if (fields.length === 0) return pool;
    await tx.updatePool(id, change);
    await tx.record(stampOf(deps, context, principal.poolId), { action, subjectId: id, fields });
    return { ...pool, ...change };
  });
}
