import type { IdentityListQuery, IdentityTotals } from '../../core/identities/ports.ts';

/** A run of a sorted list that one index yields in order; the whole list is its runs one after another. */
export interface Segment {
  readonly where: string;
  readonly order: string;
  readonly count: number;
}

/**
 * A list as runs. Sorting by status is two runs by id, sorting by last interaction is those who have one and then
 * those who have none (nulls are last in both directions): with the running totals it is known which run an
 * offset falls into, so one index serves each run.
 */
export function segmentsOf(query: IdentityListQuery, totals: IdentityTotals): Segment[] {
  const { sort, direction, status } = query;
  const filter = { extant: 'and is_open', deleted: 'and not is_open', any: '' }[status ?? 'any'];
  const count = { extant: totals.extant, deleted: totals.closed, any: totals.extant + totals.closed }[
    status ?? 'any'
  ];
  const seen = {
    extant: totals.seenExtant,
    deleted: totals.seenClosed,
    any: totals.seenExtant + totals.seenClosed,
  }[status ?? 'any'];
  if (sort === 'last_seen') {
    const order = direction === 'asc' ? 'last_seen_at, id' : 'last_seen_at desc, id';
    return [
      { where: `${filter} and last_seen_at is not null`, order, count: seen },
      { where: `${filter} and last_seen_at is null`, order: 'id', count: count - seen },
    ];
  }
  if (sort === 'status' && status === null) {
    const deleted = { where: 'and not is_open', order: 'id', count: totals.closed };
    const extant = { where: 'and is_open', order: 'id', count: totals.extant };
    return direction === 'asc' ? [deleted, extant] : [extant, deleted];
  }
  const order = sort === 'id' && direction === 'desc' ? 'id desc' : 'id';
  return [{ where: filter, order, count }];
}
