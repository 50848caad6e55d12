/*
 * Columns of a statement that inserts many rows from `unnest`, as parameters that cost little to write and to read: an
 * element of an array costs as much as a small value of its own. What rows share goes once, and rows name its place; boxes go
 * end to end, and rows name where theirs begins and how long it is. Places count from 1, as in SQL.
 */

/** `uuid[]`: ids, which need no quotes. */
export function idList(ids: readonly string[]): string {
  return `{${ids.join()}}`;
}

/** `integer[]`, or `bigint[]` of texts that hold numbers and commas. */
export function numberList(numbers: readonly (number | string | null)[]): string {
  return `{${numbers.map((number) => number ?? 'null').join()}}`;
}

/** @returns Each value once, for an array of the column's type, and the place of each row's, for an `integer[]`. */
export function once<Value>(values: readonly Value[]): [distinct: readonly Value[], places: string] {
  const places = new Map<Value, number>();
  const ofRows = values.map((value) => {
    const place = places.get(value) ?? places.size + 1;
    places.set(value, place);
    return place;
  });
  return [[...places.keys()], numberList(ofRows)];
}

/** As `once`, of times to the millisecond. */
export function onceTimes(times: readonly Date[]): [distinct: readonly Date[], places: string] {
  const [distinct, places] = once(times.map((time) => time.getTime()));
  return [distinct.map((ms) => new Date(ms)), places];
}

/** @returns All of them, for a `bytea`, and for two `integer[]` where each row's begins and its size; null for null. */
export function packed(boxes: readonly (Buffer | null)[]): [all: Buffer, starts: string, sizes: string] {
  const { starts, sizes } = placesOf(boxes.map((box) => box?.length ?? null));
  return [Buffer.concat(boxes.filter((box) => box !== null)), numberList(starts), numberList(sizes)];
}

/** Where parts of these sizes begin when they follow each other. */
export function placesOf<Size extends number | null>(
  sizes: readonly Size[],
): { starts: readonly number[]; sizes: readonly Size[] } {
  let next = 1;
  const starts = sizes.map((size) => {
    const start = next;
    next += size ?? 0;
    return start;
  });
  return { starts, sizes };
}
