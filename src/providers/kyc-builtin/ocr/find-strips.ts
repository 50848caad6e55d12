import { type Cut, type Grey, inkOf, soften } from './grey.ts';

/** A place that looks like two or three full lines of a zone. */
export interface Strip extends Cut {
  /** Height of a line's letters, roughly. */
  readonly lineHeight: number;
  /** Higher is likelier. */
  readonly score: number;
}

/** A smeared line of text: moments of its pixels, which give its length, thickness and tilt. */
interface Bar {
  readonly left: number;
  readonly right: number;
  readonly length: number;
  readonly thickness: number;
  readonly slope: number;
  /** At the bar's middle. */
  readonly x: number;
  readonly y: number;
}

interface Moments {
  parent: number;
  count: number;
  left: number;
  right: number;
  x: number;
  y: number;
  xx: number;
  xy: number;
}

/** Lines of a zone are 25 to 36 times as long as high; smearing and blur change that. */
const ASPECT_MIN = 10;
const ASPECT_MAX = 75;
const LENGTH_SHARE_MIN = 0.28;
const SLOPE_MAX = 0.2;
const STRIPS_MAX = 3;
/**
 * Gaps between letters that are closed, as shares of the width: nearly a letter's pitch, of a card that fills the
 * picture and of a passport that fills half of it.
 */
const GAP_SHARES = [1 / 32, 1 / 75];

function find(all: Moments[], index: number): number {
  let root = index;
  while (all[root]?.parent !== root) root = all[root]?.parent ?? root;
  let at = index;
  while (at !== root) {
    const one = all[at];
    if (one === undefined) break;
    at = one.parent;
    one.parent = root;
  }
  return root;
}

/** Runs of ink in a row, gaps of up to `gap` pixels closed. */
function runsOf(ink: Grey, row: number, gap: number): [number, number][] {
  const runs: [number, number][] = [];
  const from = row * ink.width;
  for (let x = 0; x < ink.width; x += 1) {
    if (ink.data[from + x] !== 1) continue;
    const last = runs.at(-1);
    if (last !== undefined && x - last[1] <= gap) last[1] = x;
    else runs.push([x, x]);
  }
  return runs;
}

function momentsOf(ink: Grey, gap: number): Moments[] {
  const all: Moments[] = [];
  let above: { run: [number, number]; index: number }[] = [];
  for (let row = 0; row < ink.height; row += 1) {
    const here: typeof above = [];
    for (const run of runsOf(ink, row, gap)) {
      const [left, right] = run;
      const count = right - left + 1;
      const x = ((left + right) * count) / 2;
      // Sum of squares of left … right.
      const squares = (n: number): number => (n * (n + 1) * (2 * n + 1)) / 6;
      const index = all.length;
      all.push({
        ...{ parent: index, count, left, right, x, y: row * count },
        ...{ xx: squares(right) - squares(left - 1), xy: row * x },
      });
      for (const other of above) {
        if (other.run[0] > right || other.run[1] < left) continue;
        const [one, two] = [find(all, index), find(all, other.index)];
        const [into, from] = [all[one], all[two]];
        if (one === two || into === undefined || from === undefined) continue;
        from.parent = one;
        into.count += from.count;
        into.x += from.x;
        into.y += from.y;
        into.xx += from.xx;
        into.xy += from.xy;
        into.left = Math.min(into.left, from.left);
        into.right = Math.max(into.right, from.right);
      }
      here.push({ run, index });
    }
    above = here;
  }
  return all.filter((one, index) => one.parent === index);
}

function barsOf(ink: Grey, gap: number): Bar[] {
  const bars: Bar[] = [];
  for (const { count, left, right, x, y, xx, xy } of momentsOf(ink, gap)) {
    const length = right - left + 1;
    if (length < ink.width * LENGTH_SHARE_MIN) continue;
    const meanX = x / count;
    const meanY = y / count;
    const slope = (xy / count - meanX * meanY) / Math.max(1, xx / count - meanX * meanX);
    const thickness = count / length;
    const aspect = length / thickness;
    if (thickness < 3 || aspect < ASPECT_MIN || aspect > ASPECT_MAX || Math.abs(slope) > SLOPE_MAX) continue;
    const middle = (left + right) / 2;
    bars.push({ left, right, length, thickness, slope, x: middle, y: meanY + slope * (middle - meanX) });
  }
  return bars.sort((one, other) => one.y - other.y);
}

function areLinesOfOneZone(upper: Bar, lower: Bar): boolean {
  const height = Math.max(upper.thickness, lower.thickness);
  const distance = lower.y - upper.y;
  return (
    distance > height * 1.1 &&
    distance < height * 5 &&
    Math.min(upper.length, lower.length) > Math.max(upper.length, lower.length) * 0.7 &&
    Math.min(upper.thickness, lower.thickness) > height * 0.6 &&
    Math.abs(upper.x - lower.x) < height * 8
  );
}

/** 0 for equal numbers, 10 where one is twice the other. */
function unevenness(numbers: readonly number[]): number {
  return (Math.max(...numbers) / Math.min(...numbers) - 1) * 10;
}

function stripOf(bars: readonly Bar[]): Strip {
  const lineHeight = Math.max(...bars.map(({ thickness }) => thickness));
  const widest = bars.reduce((one, other) => (other.length > one.length ? other : one));
  const { slope } = widest;
  const margin = lineHeight * 1.3;
  const left = Math.min(...bars.map((bar) => bar.left)) - margin;
  const right = Math.max(...bars.map((bar) => bar.right)) + margin;
  // Heights above and below the tilted line through the widest bar.
  const offsets = bars.map((bar) => bar.y - (widest.y + slope * (bar.x - widest.x)));
  const top = Math.min(...offsets) - lineHeight * 1.6;
  const bottom = Math.max(...offsets) + lineHeight * 1.6;
  return {
    x: left,
    y: widest.y + slope * (left - widest.x) + top,
    width: (right - left) * Math.hypot(1, slope),
    height: bottom - top,
    ...{ slope, lineHeight },
    score:
      bars.length * 10 -
      unevenness(bars.map((bar) => bar.thickness)) -
      unevenness(bars.map((bar) => bar.length)),
  };
}

function stripsOf(bars: readonly Bar[]): Strip[] {
  const strips: Strip[] = [];
  for (const [index, first] of bars.entries()) {
    const lines = [first];
    for (const bar of bars.slice(index + 1)) {
      const last = lines.at(-1);
      if (last !== undefined && lines.length < 3 && areLinesOfOneZone(last, bar)) lines.push(bar);
    }
    if (lines.length > 1) strips.push(stripOf(lines));
  }
  return strips;
}

/** Whether a strip's middle lies within another one. */
function isWithin(one: Strip, other: Strip): boolean {
  const [x, y] = [one.x + one.width / 2, one.y + one.height / 2];
  return (
    x > other.x && x < other.x + other.width && Math.abs(y - other.y - other.height / 2) < other.height / 2
  );
}

/**
 * Places of a picture, upright or upside down, that look like a zone: long even bars of text, two or three of a kind
 * close below each other. Likeliest first, a few at most.
 */
export function findStrips(grey: Grey): Strip[] {
  const ink = inkOf(soften(grey), Math.max(6, Math.round(grey.width / 45)), 0.14);
  const all = GAP_SHARES.flatMap((share) =>
    stripsOf(barsOf(ink, Math.max(3, Math.round(grey.width * share)))),
  );
  const best: Strip[] = [];
  for (const strip of all.sort((one, other) => other.score - one.score))
    if (!best.some((other) => isWithin(strip, other))) best.push(strip);
  return best.slice(0, STRIPS_MAX);
}
