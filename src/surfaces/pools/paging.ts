import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type { OffsetPage, OffsetQuery } from '../../core/pools/ports.ts';

/** Contract pools 1.1. */
const PAGE_SIZE_MAX = 100;
const SORT_FIELDS = ['id', 'last_seen', 'status', 'title'] as const;
type SortField = (typeof SORT_FIELDS)[number];

type Query = Readonly<Record<string, unknown>>;

const WHOLE_NUMBER = /^\d{1,15}$/;

/**
 * Reads `pagination[…]` and `sorting` in each of its spellings. Every problem at once.
 *
 * @param fields Which of the four sort fields the list knows.
 * @throws InvalidInput At `pagination[offset]`, `pagination[page_size]`, `sorting[field]`, `sorting[direction]`.
 */
export function readPaging<Field extends SortField>(
  query: Query,
  fields: readonly Field[],
  problems: FieldProblem[] = [],
): OffsetQuery<Field> {
  const number = (key: string, fallback: number, min: number): number => {
    const value = query[key];
    if (value === undefined) return fallback;
    const parsed =
      typeof value === 'number' || (typeof value === 'string' && WHOLE_NUMBER.test(value))
        ? Number(value)
        : Number.NaN;
    if (Number.isSafeInteger(parsed) && parsed >= min) return parsed;
    problems.push({
      path: [key],
      code: 'invalid',
      message: `This must be a whole number of at least ${min}.`,
    });
    return fallback;
  };
  const offset = number('pagination[offset]', 0, 0);
  const limit = Math.min(number('pagination[page_size]', PAGE_SIZE_MAX, 1), PAGE_SIZE_MAX);

  const { fieldText, directionText } = readSorting(query);
  const sort = fields.find((field) => field === fieldText);
  if (sort === undefined) {
    const message = `This list is sorted by one of ${fields.join(', ')}.`;
    problems.push({ path: ['sorting[field]'], code: 'invalid', message });
  }
  const direction = directionText === 'asc' || directionText === 'desc' ? directionText : null;
  if (direction === null) {
    problems.push({ path: ['sorting[direction]'], code: 'invalid', message: 'A direction is asc or desc.' });
  }
  if (problems.length > 0 || sort === undefined || direction === null) throw new InvalidInput(problems);
  return { offset, limit, sort, direction };
}

/** `sorting[field]=title&sorting[direction]=desc`, `sorting=title`, `sorting=title:desc`. */
function readSorting(query: Query): { fieldText: unknown; directionText: unknown } {
  const plain = query.sorting;
  if (plain === undefined) {
    return {
      fieldText: query['sorting[field]'] ?? 'id',
      directionText: query['sorting[direction]'] ?? 'asc',
    };
  }
  const [fieldText, directionText = query['sorting[direction]'] ?? 'asc', ...rest] =
    typeof plain === 'string' ? plain.split(':') : [];
  return { fieldText: rest.length > 0 ? undefined : fieldText, directionText };
}

/** The page as a list reply shows it. */
export function pageReply<Field extends string, Item, Shown>(
  page: OffsetPage<Item>,
  query: OffsetQuery<Field>,
  show: (item: Item) => Shown,
) {
  const { offset, limit, sort, direction } = query;
  const { total, items } = page;
  const next = offset + limit;
  return {
    status: 'success' as const,
    summaries: items.map(show),
    pagination: {
      item_count: total,
      page_size: limit,
      page_offset: offset,
      item_start: items.length === 0 ? 0 : offset + 1,
      item_end: items.length === 0 ? 0 : offset + items.length,
      page_index: Math.floor(offset / limit) + 1,
      page_count: Math.ceil(total / limit),
      next_page_offset: next < total ? next : null,
      previous_page_offset: offset === 0 ? null : Math.max(0, offset - limit),
    },
    sorting: { field: sort, direction },
  };
}
