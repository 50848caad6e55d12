import { foldCase } from '../../kit/normalise.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput } from '../errors.ts';
import type { AttributeName } from '../identities/attributes.ts';
import { EMAIL } from '../identities/claims.ts';
import { type LookupKind, lookupForm, lookupKey } from '../identities/lookups.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { SEGMENT_TALLIES } from '../identities/standing.ts';
import { openIdentity, vaultFor } from '../identities/view.ts';
import type { PoolVault, Principal, Trigrams } from '../ports.ts';
import type { KycFilter, KycSort, KycWindow } from './ports.ts';
import { viewRecord } from './record-view.ts';
import { filledSegments, segmentsOf } from './segments.ts';

type Needs = Pick<Deps, 'identities' | 'vault' | 'configs' | 'kycIdentities'>;

/** Records that are opened to find a part of an e-mail in one request; more candidates are refused. */
export const OPENED_MAX = 10_000;
/** Records in one reply without paging. */
export const ALL_MAX = 50_000;
/** Candidates that are read at once. */
const CHUNK = 500;

export interface KycListInput {
  readonly filter: Omit<KycFilter, 'keys'>;
  readonly name: string | null;
  readonly email: string | null;
  /** A part of the e-mail, in any case. */
  readonly emailPart: string | null;
  /** Empty: newest first. */
  readonly sorts: readonly KycSort[];
  /** Null: everything. */
  readonly window: { readonly offset: number; readonly limit: number } | null;
}

export interface KycPage {
  readonly items: readonly StoredIdentity[];
  /** Of everything that matches. */
  readonly total: number;
}

/**
 * A page of the key's pool. Names and e-mails are found by keyed digests; a part of an e-mail by keyed trigrams, whose
 * candidates are opened and compared, so that the total is right.
 *
 * @throws InvalidInput More candidates than `OPENED_MAX`, or without paging more records than `ALL_MAX`.
 * @see Contract kyc 3.3.
 */
export async function listKycIdentities(
  deps: Needs,
  { poolId }: Principal,
  input: KycListInput,
): Promise<KycPage> {
  const vault = await deps.vault.pool(poolId);
  const sorts = input.sorts.length === 0 ? (['-createdAt'] as const) : input.sorts;
  const keys = keysOf(vault, input);
  if (keys === null) return { items: [], total: 0 };
  const filter: KycFilter = { ...input.filter, keys };
  if (input.emailPart !== null) {
    const part = foldCase(input.emailPart);
    const emailGrams = vault.trigrams(EMAIL, part, 'contains');
    const found = await openCandidates(deps, poolId, part, { filter, emailGrams, sorts });
    const { offset, limit } = input.window ?? { offset: 0, limit: found.length };
    return { items: found.slice(offset, offset + limit), total: found.length };
  }
  const { total, page } = await findMatches(deps, poolId, filter);
  if (input.window === null && total > ALL_MAX) throw tooMany('all', 'finds too many; ask for pages');
  const window = { sorts, ...(input.window ?? { offset: 0, limit: ALL_MAX }) };
  if (window.offset >= total) return { items: [], total };
  return { items: await page(window), total };
}

/** How many match, and a page of them. What is structural alone is counted already; anything else is by its matches. */
async function findMatches(
  { kycIdentities, identities }: Needs,
  poolId: Principal['poolId'],
  filter: KycFilter,
): Promise<{ total: number; page: (window: KycWindow) => Promise<StoredIdentity[]> }> {
  const segments = segmentsOf(filter);
  if (segments === null) {
    const total = await kycIdentities.countKyc(poolId, filter);
    return { total, page: (window) => kycIdentities.listKyc(poolId, { ...filter, ...window }) };
  }
  const filled = filledSegments(segments, await identities.tallies(poolId, [SEGMENT_TALLIES]));
  const among = filled.map(({ segment }) => segment);
  return {
    total: filled.reduce((sum, { n }) => sum + n, 0),
    page: (window) => kycIdentities.listSegments(poolId, among, window),
  };
}

function tooMany(parameter: string, message: string): InvalidInput {
  return new InvalidInput([{ path: [parameter], code: 'invalid', rule: 'length', message }]);
}

/** @returns Null when a value is looked for that nothing can have. */
function keysOf(vault: PoolVault, { name, email }: KycListInput): string[] | null {
  const keys: string[] = [];
  const wanted: readonly [LookupKind, AttributeName, string | null][] = [
    ['legal_name', 'name', name],
    ['email', 'email', email],
  ];
  for (const [kind, attribute, value] of wanted) {
    if (value === null) continue;
    const form = lookupForm(kind, (asked) => (asked === attribute ? value : null));
    if (form === null) return null;
    keys.push(lookupKey(vault, kind, form));
  }
  return keys;
}

/** @param part As `foldCase` gives it. @throws InvalidInput There are more candidates than are opened. */
async function openCandidates(
  deps: Needs,
  poolId: Principal['poolId'],
  part: string,
  { filter, emailGrams, sorts }: { filter: KycFilter; emailGrams: Trigrams; sorts: readonly KycSort[] },
): Promise<StoredIdentity[]> {
  // Looked for once, and then read by their ids.
  const max = OPENED_MAX + 1;
  const ids = await deps.kycIdentities.listCandidates(poolId, filter, { emailGrams, sorts, max });
  if (ids.length > OPENED_MAX) throw tooMany('filter[email]', 'finds too many; look for more of the address');
  const matching: StoredIdentity[] = [];
  for (let offset = 0; offset < ids.length; offset += CHUNK) {
    const chunk = { ...filter, keys: [], ids: ids.slice(offset, offset + CHUNK) };
    const candidates = await deps.kycIdentities.listKyc(poolId, { ...chunk, sorts, offset: 0, limit: CHUNK });
    for (const stored of candidates) {
      const config = await deps.configs.at(poolId, stored.configVersion);
      const opened = openIdentity(await vaultFor(deps, stored), stored);
      const { email } = viewRecord(config, opened);
      if (email !== null && foldCase(email).includes(part)) matching.push(stored);
    }
  }
  return matching;
}
