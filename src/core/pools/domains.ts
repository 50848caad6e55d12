import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { AccountId, DomainId, Principal, RequestContext } from '../ports.ts';
import type { Account, Domain, OffsetPage, OffsetQuery, OrganisationSort } from './ports.ts';
import { reachOf } from './reach.ts';
import { readTitle } from './read-input.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'organisation'>;

/** @throws NotFound Not the caller's own account. */
export async function getAccount(
  { organisation }: Pick<Deps, 'organisation'>,
  principal: Principal,
  id: AccountId,
): Promise<Account> {
  const account = id === principal.accountId ? await organisation.findAccount(id) : null;
  if (account === null) throw new NotFound();
  return account;
}

/** A caller without the `account` grant reaches the domain of its own pool only. @throws NotFound */
export async function getDomain(
  { organisation }: Pick<Deps, 'organisation'>,
  principal: Principal,
  id: DomainId,
): Promise<Domain> {
  const domain = await organisation.findDomain(principal.accountId, id);
  if (domain === null) throw new NotFound();
  if (!principal.grants.has('account')) {
    const own = await organisation.findPool(principal.accountId, principal.poolId);
    if (own?.domainId !== id) throw new NotFound();
  }
  return domain;
}

/**
 * For what is made below a domain.
 * @throws NotFound @throws WrongState The domain or its account is deleted (contract pools 6).
 */
export async function getOpenDomain(
  { organisation }: Pick<Deps, 'organisation'>,
  principal: Principal,
  id: DomainId,
): Promise<Domain> {
  const domain = await getDomain({ organisation }, principal, id);
  if (domain.status !== 'extant') throw new WrongState('The domain is deleted.');
  const account = await organisation.findAccount(principal.accountId);
  if (account?.status !== 'extant') throw new WrongState('The account is deleted.');
  return domain;
}

export async function listDomains(
  deps: Pick<Deps, 'organisation'>,
  principal: Principal,
  input: { accountId: AccountId } & OffsetQuery<OrganisationSort>,
): Promise<OffsetPage<Domain>> {
  await getAccount(deps, principal, input.accountId);
  return deps.organisation.listDomains(reachOf(principal), input);
}

/** @throws NotFound @throws WrongState The account is deleted. @throws InvalidInput */
export async function createDomain(
  deps: Needs,
  context: RequestContext,
  input: { accountId: AccountId; title: unknown },
): Promise<Domain> {
  const account = await getAccount(deps, context.principal, input.accountId);
  if (account.status !== 'extant') throw new WrongState('The account is deleted.');
  const title = readTitle(input.title, true);
  if (title.value === undefined) throw new InvalidInput(title.problems);
  const domain: Domain = {
    id: deps.ids.next() as DomainId,
    accountId: account.id,
    title: title.value,
    status: 'extant',
  };
  const stamp = stampOf(deps, context, context.principal.poolId);
  await deps.organisation.transaction(async (tx) => {
    await tx.insertDomain(domain, stamp.at);
    await tx.record(stamp, { action: 'domain.created', subjectId: domain.id, fields: ['title'] });
  });
  return domain;
}

/** Title absent or null: no change. @throws NotFound @throws WrongState @throws InvalidInput */
export async function updateDomain(
  deps: Needs,
  context: RequestContext,
  input: { domainId: DomainId; title: unknown },
): Promise<Domain> {
  return changeDomain(deps, context, input.domainId, 'domain.updated', () => {
    const title = readTitle(input.title, false);
    if (title.problems.length > 0) throw new InvalidInput(title.problems);
    return title.value === undefined ? {} : { title: title.value };
  });
}

/** Closes every pool below it for changes; what is there can still be read (contract pools 6). */
export async function deleteDomain(
  deps: Needs,
  context: RequestContext,
  input: { domainId: DomainId },
): Promise<Domain> {
  return changeDomain(deps, context, input.domainId, 'domain.deleted', () => ({ status: 'deleted' }));
}

async function changeDomain(
  deps: Needs,
  context: RequestContext,
  id: DomainId,
  action: string,
  decide: () => { title?: string; status?: 'deleted' },
): Promise<Domain> {
  const { principal } = context;
  return deps.organisation.transaction(async (tx) => {
    await getDomain({ organisation: tx }, principal, id);
    await tx.lock('domains', id);
    const domain = await getDomain({ organisation: tx }, principal, id);
    if (domain.status !== 'extant') throw new WrongState('The domain is deleted.');
    const change = decide();
    const fields = Object.keys(change);
    if (fields.length === 0) return domain;
    await tx.updateDomain(id, change);
    if (change.status !== undefined) {
      for (const pool of await tx.poolsOfDomain(id)) await tx.raiseConfigVersion(pool.id);
    }
    await tx.record(stampOf(deps, context, principal.poolId), { action, subjectId: id, fields });
    return { ...domain, ...change };
  });
}
