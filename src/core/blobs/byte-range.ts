import type { ByteRange } from './ports.ts';

/**
 * What a `Range` header asks for (RFC 9110 section 14). One range only: several of them, other units and what cannot be
 * read are passed over, which the RFC allows; many small ranges of one file are an old way to keep a server busy.
 *
 * @returns `all` for no range, null when nothing of what is asked for exists (416).
 */
export function readRangeHeader(header: string | undefined, sizeBytes: number): ByteRange | 'all' | null {
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = parts ?? [];
  if (parts === null || (first === '' && last === '')) return 'all';
  if (first === '') {
    const start = Math.max(0, sizeBytes - Number(last));
    return start < sizeBytes ? { start, end: sizeBytes } : null;
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'all';
  if (start >= sizeBytes) return null;
  return { start, end: last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1) };
}

/** `bytes 0-99/1000`. */
export function contentRange({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end - 1}/${sizeBytes}`;
}
