import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { DomainId, Principal, RequestContext, RulesetId } from '../ports.ts';
import { getDomain, getOpenDomain } from './domains.ts';
import type { OffsetPage, OffsetQuery, OrganisationSort, OrganisationStore, Ruleset } from './ports.ts';
import { reachOf } from './reach.ts';
import { readFactorDefinitions, readOpaqueList, readTitle } from './read-input.ts';
import { findBreakage } from './ruleset.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'organisation'>;

/** As received; the operations check them. */
export interface RulesetInput {
  readonly title: unknown;
  readonly factors: unknown;
  readonly methods: unknown;
  readonly plans: unknown;
}

/** A caller without the `account` grant reaches the ruleset of its own pool only. @throws NotFound */
export async function getRuleset(
  { organisation }: Pick<Deps, 'organisation'>,
  principal: Principal,
  id: RulesetId,
): Promise<Ruleset> {
  const ruleset = await organisation.findRuleset(principal.accountId, id);
  if (ruleset === null) throw new NotFound();
  if (!principal.grants.has('account')) {
    const own = await organisation.findPool(principal.accountId, principal.poolId);
    if (own?.rulesetId !== id) throw new NotFound();
  }
  return ruleset;
}

export async function listRulesets(
  deps: Pick<Deps, 'organisation'>,
  principal: Principal,
  input: { domainId: DomainId } & OffsetQuery<OrganisationSort>,
): Promise<OffsetPage<Ruleset>> {
  await getDomain(deps, principal, input.domainId);
  return deps.organisation.listRulesets(reachOf(principal), input.domainId, input);
}

function readRuleset(input: RulesetInput, isNew: boolean) {
  const title = readTitle(input.title, isNew);
  const factors = readFactorDefinitions(input.factors, isNew);
  const methods = readOpaqueList('methods', input.methods);
  const plans = readOpaqueList('plans', input.plans);
  const problems = [title, factors, methods, plans].flatMap((read) => read.problems);
  if (problems.length > 0) throw new InvalidInput(problems);
  return { title: title.value, factors: factors.value, methods: methods.value, plans: plans.value };
}

/** @throws NotFound @throws WrongState The domain is deleted. @throws InvalidInput */
export async function createRuleset(
  deps: Needs,
  context: RequestContext,
  input: { domainId: DomainId } & RulesetInput,
): Promise<Ruleset> {
  const { principal } = context;
  const domain = await getOpenDomain(deps, principal, input.domainId);
  const { title = '', factors = [], methods = [], plans = [] } = readRuleset(input, true);
  const ruleset: Ruleset = {
    id: deps.ids.next() as RulesetId,
    accountId: principal.accountId,
    domainId: domain.id,
    title,
    status: 'extant',
    factors,
    methods,
    plans,
  };
  const stamp = stampOf(deps, context, principal.poolId);
  await deps.organisation.transaction(async (tx) => {
    await tx.insertRuleset(ruleset, stamp.at);
    const fields = ['title', 'factors', 'methods', 'plans'];
    await tx.record(stamp, { action: 'ruleset.created', subjectId: ruleset.id, fields });
  });
  return ruleset;
}

/**
 * Each field absent or null: no change. Every pool under the ruleset gets another configuration version, after
 * its writers have let go of the old one, so that what is checked here still holds when it is written.
 *
 * @throws NotFound @throws WrongState Deleted, or an extant identity would break. @throws InvalidInput
 * @see Contract pools 3.3.
 */
export async function updateRuleset(
  deps: Needs,
  context: RequestContext,
  input: { rulesetId: RulesetId } & RulesetInput,
): Promise<Ruleset> {
  return changeRuleset(deps, context, input.rulesetId, async (tx, ruleset) => {
    const read = readRuleset(input, false);
    if (read.factors !== undefined) {
      for (const pool of await tx.poolsOfRuleset(ruleset.id)) {
        await tx.raiseConfigVersion(pool.id);
        const breakage = findBreakage(ruleset.factors, read.factors, await tx.factorUse(pool.id));
        if (breakage !== null) throw new WrongState(breakage);
      }
    }
    return {
      action: 'ruleset.updated',
      change: {
        ...(read.title === undefined ? {} : { title: read.title }),
        ...(read.factors === undefined ? {} : { factors: read.factors }),
        ...(read.methods === undefined ? {} : { methods: read.methods }),
        ...(read.plans === undefined ? {} : { plans: read.plans }),
      },
    };
  });
}

/** @throws NotFound @throws WrongState Deleted already, or an extant pool uses it. */
export async function deleteRuleset(
  deps: Needs,
  context: RequestContext,
  input: { rulesetId: RulesetId },
): Promise<Ruleset> {
  return changeRuleset(deps, context, input.rulesetId, async (tx, ruleset) => {
    const pools = await tx.poolsOfRuleset(ruleset.id);
    if (pools.some((pool) => pool.status === 'extant')) throw new WrongState('A pool uses the ruleset.');
    return { action: 'ruleset.deleted', change: { status: 'deleted' } };
  });
}

type RulesetChange = Parameters<OrganisationStore['updateRuleset']>[1];

async function changeRuleset(
  deps: Needs,
  context: RequestContext,
  id: RulesetId,
  decide: (tx: OrganisationStore, ruleset: Ruleset) => Promise<{ action: string; change: RulesetChange }>,
): Promise<Ruleset> {
  const { principal } = context;
  return deps.organisation.transaction(async (tx) => {
    await getRuleset({ organisation: tx }, principal, id);
    await tx.lock('rulesets', id);
    const ruleset = await getRuleset({ organisation: tx }, principal, id);
    if (ruleset.status !== 'extant') throw new WrongState('The ruleset is deleted.');
    const { action, change } = await decide(tx, ruleset);
    const fields = Object.keys(change);
    if (fields.length === 0) return ruleset;
    await tx.updateRuleset(id, change);
    await tx.record(stampOf(deps, context, principal.poolId), { action, subjectId: id, fields });
    return { ...ruleset, ...change };
  });
}
