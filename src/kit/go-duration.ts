const NANOSECONDS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  // Two letters that look the same: the micro sign, and the Greek mu.
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const LENGTH_MAX = 64;
const MAX = 2n ** 63n - 1n;
const PARTS = /^[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|[u\u00b5\u03bc]s|ms|s|m|h))+$/;
const PART = /([0-9]*)(?:\.([0-9]*))?(ns|[u\u00b5\u03bc]s|ms|s|m|h)/g;

/**
 * A duration as Go writes them: `1h30m`, `1.5h`, `250ms`, `-1h`, `0`.
 * @returns Milliseconds, with a fraction; null for what Go does not read, for more than it can hold (292 years), and for
 *   more than 64 characters.
 */
export function parseGoDuration(text: string): number | null {
  if (text.length > LENGTH_MAX) return null;
  if (/^[+-]?0$/.test(text)) return 0;
  if (!PARTS.test(text)) return null;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(PART)) {
    const scale = NANOSECONDS.get(unit) ?? 0n;
    total += BigInt(whole === '' ? 0 : whole) * scale;
    total += (BigInt(fraction === '' ? 0 : fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (total > MAX) return null;
  return (text.startsWith('-') ? -1 : 1) * (Number(total) / 1_000_000);
}
