import type { GuardedRequest } from '../../http/route.ts';

/** A page of a list, by the parameters that ask for it. */
export type PageParameters = Readonly<Record<string, string>>;

/**
 * A `Link` header (RFC 8288) with pages of the list that was asked for: its other parameters stay as they are. At the
 * path that was asked, below the server's own address.
 *
 * @param pages By relation; in this order.
 */
export function linksTo(
  origin: string,
  { line }: Pick<GuardedRequest, 'line'>,
  pages: Readonly<Record<string, PageParameters>>,
): string {
  return Object.entries(pages)
    .map(([relation, parameters]) => {
      const query = new URLSearchParams(line.query);
      for (const [name, value] of Object.entries(parameters)) query.set(name, value);
      return `<${origin}${line.path}?${query}>; rel="${relation}"`;
    })
    .join(',');
}

/** Pages that are asked for by a token. @param next Null on the last one. */
export function tokenPages(size: number, next: string | null): Record<string, PageParameters> {
  const page = (token: string) => ({ page_size: String(size), page_token: token });
  return { first: page('1'), ...(next === null ? {} : { next: page(next) }) };
}

/** Pages that have numbers, from 0. */
export function numberedPages(
  { page, size }: { page: number; size: number },
  total: number,
): Record<string, PageParameters> {
  const last = Math.max(0, Math.ceil(total / size) - 1);
  const at = (number: number) => ({ page: String(number), per_page: String(size) });
  if (last === 0) return { first: at(0) };
  return {
    first: at(0),
    ...(page > 0 ? { prev: at(Math.min(page - 1, last)) } : {}),
    ...(page < last ? { next: at(page + 1) } : {}),
    last: at(last),
  };
}
