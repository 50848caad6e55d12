import { parseTagged } from '../../kit/ids.ts';
import { foldCase } from '../../kit/normalise.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput } from '../errors.ts';
import type { AttributeName } from '../identities/attributes.ts';
import { EXTERNAL_REF, externalRefClaim } from '../identities/claims.ts';
import { type LookupKind, lookupForm, lookupKey } from '../identities/lookups.ts';
import type { IdentitySearch, StoredIdentity } from '../identities/ports.ts';
import type { IdentityId, PoolVault, Principal } from '../ports.ts';
import { ATTRIBUTE_OF_FIELD, type AttributeField } from './fields.ts';

type Needs = Pick<Deps, 'identities' | 'vault'>;

const EVERYTHING: IdentitySearch = {
  ...{ keys: [], externalRef: null, externalRefPart: null, status: null, country: null },
  ...{ includesArchived: false, offset: 0, limit: 0, below: null, above: null, countsAll: true },
};

export interface ListFilter {
  readonly status: string | null;
  /** A part of the reference, in any case. */
  readonly q: string | null;
  readonly includesArchived: boolean;
}

/**
 * A page by offset, newest first, with the total: running totals where nothing but the status filters, else a count.
 * @see Contract verification 3.5, 1.6.
 */
export async function listByOffset(
  deps: Needs,
  { poolId }: Principal,
  filter: ListFilter,
  window: { offset: number; limit: number },
): Promise<{ items: readonly StoredIdentity[]; total: number }> {
  const vault = await deps.vault.pool(poolId);
  const query = { ...EVERYTHING, ...filterOf(vault, filter), ...window };
  if (query.externalRefPart !== null) {
    const { items, total } = await deps.identities.search(poolId, query);
    return { items, total: total ?? 0 };
  }
  const prefixes = filter.includesArchived ? ['listed:', 'archived:'] : ['listed:'];
  const tallies = await deps.identities.tallies(poolId, prefixes);
  let total = 0;
  for (const [name, n] of tallies) {
    if (filter.status === null || name.slice(name.indexOf(':') + 1) === filter.status) total += n;
  }
  if (window.offset >= total) return { items: [], total };
  const { items } = await deps.identities.search(poolId, { ...query, countsAll: false });
  return { items, total };
}

/** A page that begins after, or ends before, an identity. */
export interface CursorPage {
  readonly items: readonly StoredIdentity[];
  /** Further ones in the direction of the page. */
  readonly hasMore: boolean;
  readonly next: IdentityId | null;
  readonly previous: IdentityId | null;
}

/** Pages by key: each row that was there all the while is seen once, whatever is inserted meanwhile. */
export async function listByCursor(
  deps: Needs,
  { poolId }: Principal,
  filter: ListFilter,
  cursor: { after: IdentityId | null; before: IdentityId | null; size: number },
): Promise<CursorPage> {
  const vault = await deps.vault.pool(poolId);
  const { after, before, size } = cursor;
  const { items: found } = await deps.identities.search(poolId, {
    ...EVERYTHING,
    ...filterOf(vault, filter),
    ...{ below: after, above: before, limit: size + 1, countsAll: false },
  });
  const hasMore = found.length > size;
  const page = found.slice(0, size);
  const items = before === null ? page : page.reverse();
  const [first, last] = [items.at(0)?.id ?? null, items.at(-1)?.id ?? null];
  return {
    items,
    hasMore,
    next: before === null ? (hasMore ? last : null) : last,
    previous: before === null ? (after === null ? null : first) : hasMore ? first : null,
  };
}

function filterOf(vault: PoolVault, { status, q, includesArchived }: ListFilter) {
  return {
    status,
    includesArchived,
    externalRefPart:
      q === null ? null : { text: q, grams: vault.trigrams(EXTERNAL_REF, foldCase(q), 'contains') },
  };
}

/** An opaque cursor is the id; `idn_…` ids are accepted as they are. */
export function parseCursor(text: string): IdentityId | null {
  return parseTagged(text, 'idn') as IdentityId | null;
}

export interface SearchFilter {
  readonly externalRef?: string;
  readonly status?: string;
  readonly country?: string;
  readonly attributes: ReadonlyMap<AttributeField, string>;
}

/** Which attributes are searched by, and how; the first three go together. */
const KINDS: Partial<Record<AttributeField, LookupKind>> = {
  first_name: 'name_birthdate',
  last_name: 'name_birthdate',
  date_of_birth: 'name_birthdate',
  document_number: 'document_number',
  ssn: 'ssn',
  email: 'email',
  phone: 'phone_number',
  city: 'locality',
  state: 'region',
  zip_code: 'postal_code',
};
const TOGETHER: readonly AttributeField[] = ['first_name', 'last_name', 'date_of_birth'];

/**
 * Finds by reference, status and country, and by keyed digests of attributes, all of which must match; archived
 * identities too. Values that are searched for go no further than their digest.
 *
 * @throws InvalidInput No filter; one or two of the three that go together; a value of which nothing is left.
 * @see Contract verification 3.6.
 */
export async function searchRecords(
  deps: Needs,
  { poolId }: Principal,
  filter: SearchFilter,
  window: { offset: number; limit: number },
): Promise<{ items: readonly StoredIdentity[]; total: number }> {
  const vault = await deps.vault.pool(poolId);
  const { externalRef, status, country, attributes } = filter;
  const problems: FieldProblem[] = [];
  const missing = TOGETHER.filter((field) => !attributes.has(field));
  if (missing.length > 0 && missing.length < TOGETHER.length) {
    const message = 'first_name, last_name and date_of_birth are searched together';
    for (const field of missing) problems.push({ path: [field], code: 'required', message });
  }
  const read = (name: AttributeName): string | null => {
    for (const [field, value] of attributes) if (ATTRIBUTE_OF_FIELD[field] === name) return value;
    return null;
  };
  const keys: string[] = [];
  const kinds = new Set([...attributes.keys()].map((field) => KINDS[field]));
  for (const kind of kinds) {
    if (kind === undefined || (kind === 'name_birthdate' && missing.length > 0)) continue;
    const form = lookupForm(kind, read);
    if (form !== null) keys.push(lookupKey(vault, kind, form));
    else {
      const field = [...attributes.keys()].find((name) => KINDS[name] === kind) ?? kind;
      problems.push({ path: [field], code: 'invalid', message: 'must hold something to search for' });
    }
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  if (keys.length === 0 && externalRef === undefined && status === undefined && country === undefined) {
    throw new InvalidInput([{ path: [], code: 'required', message: 'at least one filter is needed' }]);
  }
  const { items, total } = await deps.identities.search(poolId, {
    ...EVERYTHING,
    keys,
    externalRef: externalRef === undefined ? null : externalRefClaim(vault, externalRef).digest,
    status: status ?? null,
    country: country ?? null,
    includesArchived: true,
    ...window,
  });
  return { items, total: total ?? 0 };
}
