import { EXTERNAL_REF } from '../../core/identities/claims.ts';
import type { IdentitySearch } from '../../core/identities/ports.ts';
import type { PoolId } from '../../core/ports.ts';
import { foldCase } from '../../kit/normalise.ts';
import type { Statement } from '../session.ts';

/** Texts of at least this many characters have grams. */
const GRAM_LENGTH = 3;

/**
 * The page of a search and the count of everything that it finds. Ids are the order of creation, so the newest come
 * first by id. Each filter is an index's; without any the primary key gives the order.
 */
export function searchStatements(
  poolId: PoolId,
  query: IdentitySearch,
  columns: string,
  joins: string,
): { page: Statement; count: Statement | null } {
  const parameters: unknown[] = [poolId];
  const bind = (value: unknown, type: string): string => `$${parameters.push(value)}::${type}`;
  const where = conditions(query, bind);
  const filtered = [...parameters];

  if (query.below !== null) where.push(`i.id < ${bind(query.below, 'uuid')}`);
  if (query.above !== null) where.push(`i.id > ${bind(query.above, 'uuid')}`);
  const order = query.above === null ? 'desc' : 'asc';
  const text = `
    select ${columns} from (
      select i.id from identities i where ${where.join(' and ')}
      order by i.id ${order} offset ${bind(query.offset, 'bigint')} limit ${bind(query.limit, 'integer')}) page
    join identities i on i.pool_id = $1::uuid and i.id = page.id ${joins}
    order by page.id ${order}`;
  return {
    page: { text, parameters },
    count: query.countsAll
      ? {
          text: `select count(*)::bigint as n from identities i where ${conditions(query, numbered()).join(' and ')}`,
          parameters: filtered,
        }
      : null,
  };
}

/** The same numbers again, for the same conditions in another statement. */
function numbered(): (value: unknown, type: string) => string {
  let number = 1;
  return (_value, type) => {
    number += 1;
    return `$${number}::${type}`;
  };
}

function conditions(query: IdentitySearch, bind: (value: unknown, type: string) => string): string[] {
  const where = ['i.pool_id = $1::uuid'];
  where.push(query.includesArchived ? `i.status <> 'deleted'` : `i.status in ('extant', 'erased')`);
  for (const key of query.keys) {
    where.push(`exists (select 1 from search_keys k
      where k.pool_id = $1::uuid and k.key = ${bind(key, 'uuid')} and k.identity_id = i.id)`);
  }
  if (query.status !== null) where.push(`i.verification_status = ${bind(query.status, 'text')}`);
  if (query.country !== null) where.push(`i.country = ${bind(query.country, 'text')}`);
  if (query.externalRef !== null) {
    where.push(`exists (select 1 from identifiers c
      where c.pool_id = $1::uuid and c.space = '${EXTERNAL_REF}' and c.identity_id = i.id
        and c.digest = ${bind(query.externalRef, 'bytea')})`);
  }
  if (query.externalRefPart !== null) {
    const { text, grams } = query.externalRefPart;
    const folded = foldCase(text);
    if (grams.length > 0 && text.length >= GRAM_LENGTH) {
      const list = Array.from(grams, String);
      where.push(`i.id in (select g.identity_id from search_grams g
        where g.pool_id = $1::uuid and g.space = '${EXTERNAL_REF}' and g.grams @> ${bind(list, 'bigint[]')})`);
    }
    const { from, to } = caseVariants(folded);
    const reference =
      from === ''
        ? 'lower(i.external_ref)'
        : `translate(lower(i.external_ref), ${bind(from, 'text')}, ${bind(to, 'text')})`;
    where.push(`position(${bind(folded, 'text')} in ${reference}) > 0`);
  }
  return where;
}

/**
 * Letters beyond ASCII of a folded text in their other case, each with what it folds to. Which of them `lower()` knows
 * is up to the database's locale; under `C` it is none.
 */
function caseVariants(folded: string): { from: string; to: string } {
  let [from, to] = ['', ''];
  for (const letter of new Set(folded)) {
    if (letter <= '\u007f') continue;
    for (const variant of [letter.toUpperCase(), letter === 'σ' ? 'ς' : letter]) {
      if (variant === letter || foldCase(variant) !== letter) continue;
      from += variant;
      to += letter;
    }
  }
  return { from, to };
}
