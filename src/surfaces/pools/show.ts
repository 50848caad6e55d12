import type { Static } from 'typebox';
import type { FactorView, Snapshot } from '../../core/identities/profile.ts';
import { type IdentityView, isOpenStatus } from '../../core/identities/view.ts';
import type { Account, Domain, Pool, Ruleset } from '../../core/pools/ports.ts';
import type { Principal } from '../../core/ports.ts';
import { toPlaced } from '../../kit/ids.ts';
import type { Snapshot as SnapshotSchema } from './wire.ts';

/** How the server shows what it does not know of an interaction (contract pools 5). */
export type SnapshotUnknown = 'omit' | 'null';

const success = 'success' as const;

export function detailsOf<Details>(details: Details) {
  return { status: success, details };
}

export function showAccount(account: Account) {
  const { partition, title, status } = account;
  return { id: toPlaced(account.id, 'account', partition), status, title, type: 'account' as const };
}

export function showDomain({ partition }: Principal, domain: Domain) {
  return {
    id: toPlaced(domain.id, 'domain', partition),
    account_id: toPlaced(domain.accountId, 'account', partition),
    title: domain.title,
    status: domain.status,
    type: 'domain' as const,
  };
}

export function showRuleset({ partition }: Principal, ruleset: Ruleset) {
  const { title, status, factors, methods, plans } = ruleset;
  return {
    id: toPlaced(ruleset.id, 'ruleset', partition),
    account_id: toPlaced(ruleset.accountId, 'account', partition),
    domain_id: toPlaced(ruleset.domainId, 'domain', partition),
    title,
    status,
    type: 'ruleset' as const,
    factors: [...factors],
    methods: [...methods],
    plans: [...plans],
  };
}

export function showPool({ partition }: Principal, pool: Pool) {
  return {
    id: toPlaced(pool.id, 'pool', partition),
    account_id: toPlaced(pool.accountId, 'account', partition),
    domain_id: toPlaced(pool.domainId, 'domain', partition),
    ruleset_id: toPlaced(pool.rulesetId, 'ruleset', partition),
    title: pool.title,
    status: pool.status,
    type: 'pool' as const,
  };
}

function showSnapshot(snapshot: Snapshot | null, unknown: SnapshotUnknown) {
  if (snapshot === null) return null;
  const { latLong } = snapshot;
  const shown = {
    at: snapshot.at,
    remote_ip: snapshot.remoteIp,
    user_agent: snapshot.userAgent,
    asn: snapshot.asn,
    country_code: snapshot.countryCode,
    region_code: snapshot.regionCode,
    city: snapshot.city,
    lat_long: latLong === undefined ? undefined : [...latLong],
    timezone: snapshot.timezone,
    ja4_fingerprint: snapshot.ja4Fingerprint,
  };
  type Shown = Static<typeof SnapshotSchema>;
  return Object.fromEntries(
    Object.entries(shown)
      .filter(([, value]) => value !== undefined || unknown === 'null')
      .map(([key, value]) => [key, value ?? null]),
  ) as Shown;
}

export function showSummary(view: IdentityView, unknown: SnapshotUnknown) {
  const { partition } = view;
  const id = toPlaced(view.id, 'identity', partition);
  return {
    id,
    account_id: toPlaced(view.accountId, 'account', partition),
    domain_id: toPlaced(view.domainId, 'domain', partition),
    pool_id: toPlaced(view.poolId, 'pool', partition),
    type: 'identity' as const,
    status: isOpenStatus(view.status) ? ('extant' as const) : ('deleted' as const),
    title: view.title ?? id,
    claims: { ...view.claims },
    metadata: { ...view.metadata },
    first_seen: showSnapshot(view.firstSeen, unknown),
    last_seen: showSnapshot(view.lastSeen, unknown),
  };
}

function showFactor(factor: FactorView, partition: number) {
  const { name, type, value, identifier, persistent, nid, vid } = factor;
  return {
    name,
    type,
    ...(value === null ? {} : { value }),
    identifier,
    persistent,
    nid: toPlaced(nid, 'nid', partition),
    vid: toPlaced(vid, 'vid', partition),
  };
}

export function showIdentity(view: IdentityView, unknown: SnapshotUnknown) {
  const factors = view.factors.map((factor) => showFactor(factor, view.partition));
  return { ...showSummary(view, unknown), factors };
}
