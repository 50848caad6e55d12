import { type FieldProblem, InvalidInput, UnreadableBody } from '../../core/errors.ts';
import type { Idempotency } from '../../core/idempotency.ts';

export type Details = Readonly<Record<string, unknown>>;

const IDEMPOTENCY_KEY_LENGTH_MAX = 64;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The fields of a body: those under `details`, or the body itself where it has none (contract pools 1).
 * @throws UnreadableBody `details` is there and no object: the body's syntax, told before ids and states are.
 */
export function detailsOfBody(body: unknown): Details {
  if (!isObject(body)) return {};
  if (!Object.hasOwn(body, 'details')) return body;
  if (!isObject(body.details)) {
    throw new UnreadableBody('The details of the body must be an object.');
  }
  return body.details;
}

/**
 * Runs an operation on a body's fields; problems come out in the order of the body, what is missing in it last.
 * @throws InvalidInput
 */
export async function withDetails<Result>(
  body: unknown,
  work: (details: Details) => Promise<Result>,
): Promise<Result> {
  const details = detailsOfBody(body);
  try {
    return await work(details);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new InvalidInput(inOrderOf(details, error.problems));
  }
}

function inOrderOf(details: Details, problems: readonly FieldProblem[]): FieldProblem[] {
  const rank = (problem: FieldProblem): number[] => {
    let node: unknown = details;
    return problem.path.map((part) => {
      const keys = typeof node === 'object' && node !== null ? Object.keys(node) : [];
      const at = keys.indexOf(String(part));
      node = at === -1 ? undefined : (node as Record<string, unknown>)[String(part)];
      return at === -1 ? Number.MAX_SAFE_INTEGER : at;
    });
  };
  const ranked = problems.map((problem) => ({ problem, rank: rank(problem) }));
  ranked.sort((a, b) => {
    const depth = a.rank.findIndex((at, index) => at !== b.rank[index]);
    return depth === -1 ? 0 : (a.rank[depth] ?? 0) - (b.rank[depth] ?? 0);
  });
  return ranked.map(({ problem }) => problem);
}

/**
 * The idempotency key of a create, from the top of the body or the `Idempotency-Key` header; null when there is
 * none. Two that differ are refused.
 *
 * @throws InvalidInput Not a string of 1 to 64 characters.
 */
export function readIdempotency<Made>(
  request: { body: unknown; headers: Readonly<Record<string, string | string[] | undefined>> },
  operation: string,
  render: (made: Made) => string,
): Idempotency<Made> | null {
  const inBody = isObject(request.body) ? (request.body.idempotency_key ?? undefined) : undefined;
  const inHeader = request.headers['idempotency-key'];
  const key = inBody ?? inHeader;
  if (key === undefined) return null;
  const differs = inBody !== undefined && inHeader !== undefined && inBody !== inHeader;
  if (typeof key !== 'string' || key === '' || key.length > IDEMPOTENCY_KEY_LENGTH_MAX || differs) {
    const message = `An idempotency key has 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} characters, and is given once.`;
    throw new InvalidInput([{ path: ['idempotency_key'], code: 'invalid', message }]);
  }
  const { idempotency_key: _key, ...fields } = detailsOfBody(request.body);
  return { key, operation, request: canonical(fields), render };
}

/** JSON with sorted keys, so that the order of a body's keys makes no other request of it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, node: unknown) =>
    isObject(node) ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1))) : node,
  );
}
