import type { OpenRequest, PoolRequest } from '../../http/route.ts';
import { linksTo } from './page-links.ts';
import { listOf } from './requests.ts';

const SIZE = 250;
const SIZE_MAX = 1000;
const OFFSET_MAX = 2 ** 31 - 1;

export interface OffsetWindow {
  readonly offset: number;
  /** 1 to 1000. */
  readonly limit: number;
}

/**
 * What part of a list is asked for: `page_size` and `page_token` where one of them is there, else `per_page` and `page`.
 * What does not read is as if it was not there: a bad token is the first page (contract iam 1.4).
 *
 * @param firstPage What the first page is called: `page` 0, where it is 1 both are.
 */
export function readOffsetWindow(request: Pick<OpenRequest, 'query'>, { firstPage = 0 } = {}): OffsetWindow {
  const [size, token, perPage, page] = ['page_size', 'page_token', 'per_page', 'page'].map(
    (name) => listOf(request, name)[0],
  );
  if (size !== undefined || token !== undefined)
    return { offset: offsetOf(token ?? ''), limit: readSize(size) };
  const limit = readSize(perPage);
  const pages = Math.max(readWhole(page ?? '') ?? 0, firstPage) - firstPage;
  return { offset: Math.min(pages * limit, OFFSET_MAX), limit };
}

/**
 * `X-Total-Count`, and `Link` with all four parameters in each address. `prev`, `next` and `last` only where there is
 * such a page.
 *
 * @param base Where the path that was asked is reached from outside: `baseOfNamed`, or the server's own address.
 */
export function offsetHeaders(
  base: string,
  request: Pick<OpenRequest, 'line'>,
  { offset, limit }: OffsetWindow,
  total: number,
  { firstPage = 0 } = {},
): Readonly<Record<string, string>> {
  const at = (start: number) => ({
    page: String(Math.floor(start / limit) + firstPage),
    per_page: String(limit),
    page_size: String(limit),
    page_token: tokenOf(start),
  });
  const last = Math.max(0, Math.ceil(total / limit) - 1) * limit;
  const link = linksTo(base, request, {
    first: at(0),
    ...(offset > 0 ? { prev: at(Math.max(0, Math.min(offset - limit, last))) } : {}),
    ...(offset + limit < total ? { next: at(offset + limit) } : {}),
    ...(total > limit ? { last: at(last) } : {}),
  });
  return { 'x-total-count': String(total), link };
}

const POOL_PREFIX = /^\/p\/[^/]+/;

/** Of a route without a key: the prefix of its pool is a part of the path that was asked. */
export function baseOfNamed({ publicBase, line }: Pick<PoolRequest, 'publicBase' | 'line'>): string {
  return POOL_PREFIX.test(line.path) ? publicBase.replace(/\/p\/[^/]+$/, '') : publicBase;
}

function readSize(text: string | undefined): number {
  const size = readWhole(text ?? '');
  return size === null || size < 1 ? SIZE : Math.min(size, SIZE_MAX);
}

/** Null for what is no whole number of at most nine digits. */
function readWhole(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function tokenOf(offset: number): string {
  return Buffer.from(JSON.stringify({ offset: String(offset) })).toString('base64url');
}

function offsetOf(token: string): number {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    const isToken = typeof parsed === 'object' && parsed !== null && 'offset' in parsed;
    return isToken ? (readWhole(String(parsed.offset)) ?? 0) : 0;
  } catch {
    return 0;
  }
}
