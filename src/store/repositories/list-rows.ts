import type { OffsetPage, OffsetQuery, OrganisationSort } from '../../core/pools/ports.ts';
import type { Session } from '../session.ts';

/** SQL text before the parameter's number, the parameter, SQL text after it. */
export type Condition = readonly [before: string, parameter: string, after?: string];

/** The same order on every server, whatever its locale. */
const ORDER: Record<OrganisationSort, string> = {
  id: 'id',
  status: 'status collate "C"',
  title: 'title collate "C"',
};

/**
 * A page of a reference table. These are small: a page is cut by offset and its total counted beside it.
 *
 * @param columns `column` or `column as camelCase`. None of these texts comes from a request.
 */
export async function listRows<Item>(
  session: Session,
  table: 'domains' | 'rulesets' | 'pools',
  columns: readonly string[],
  query: OffsetQuery<OrganisationSort>,
  conditions: readonly Condition[],
): Promise<OffsetPage<Item>> {
  const where = conditions
    .map(
      ([before, , after = ''], index) =>
        `${before}${index + 1}::${before.startsWith('environment') ? 'text' : 'uuid'}${after}`,
    )
    .join(' and ');
  const parameters = conditions.map(([, parameter]) => parameter);
  const select = columns.map((column) => column.replace(/ as (\w+)$/, ' as "$1"')).join(', ');
  const direction = query.direction === 'asc' ? 'asc' : 'desc';
  const next = parameters.length + 1;
  const [counted, page] = await Promise.all([
    session.query<{ n: number }>({
      text: `select count(*)::integer as n from ${table} where ${where}`,
      parameters,
    }),
    session.query<Item>({
      text: `select ${select} from ${table} where ${where}
             order by ${ORDER[query.sort]} ${direction}, id offset $${next}::bigint limit $${next + 1}::integer`,
      parameters: [...parameters, query.offset, query.limit],
    }),
  ]);
  return { items: page.rows, total: counted.rows[0]?.n ?? 0 };
}
