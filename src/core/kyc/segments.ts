import { RISKS, type Segment, segmentTally } from '../identities/standing.ts';
import type { KycFilter } from './ports.ts';

const EVERY: readonly Segment[] = (['person', 'company'] as const).flatMap((type) =>
  [false, true].flatMap((isBlocked) => RISKS.map((risk) => ({ type, isBlocked, risk }))),
);

/**
 * The segments that a filter lets through; null: it looks for something that no segment tells. Their pages have indexes,
 * and running totals count them, so that a first page costs the same for any size of pool.
 */
export function segmentsOf(filter: KycFilter): Segment[] | null {
  const { keys, blocked, type, ids, owners, risk } = filter;
  if (keys.length > 0 || ids !== null || owners !== null) return null;
  return EVERY.filter(
    (segment) =>
      (type === null || segment.type === type) &&
      (blocked === null || segment.isBlocked === blocked) &&
      (risk === null || risk.isIn === (risk.values as readonly string[]).includes(segment.risk)),
  );
}

/** How many records each of them holds, by the running totals of a pool; without those that hold none. */
export function filledSegments(
  segments: readonly Segment[],
  tallies: ReadonlyMap<string, number>,
): { segment: Segment; n: number }[] {
  return segments
    .map((segment) => ({ segment, n: tallies.get(segmentTally(segment)) ?? 0 }))
    .filter(({ n }) => n > 0);
}
