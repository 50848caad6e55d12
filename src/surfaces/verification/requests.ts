import type { Static, TSchema } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { type FieldProblem, InternalFault, InvalidInput } from '../../core/errors.ts';
import { type Idempotency, openIdempotency } from '../../core/idempotency.ts';
import type { IdentityId } from '../../core/ports.ts';
import { parse, problemsOf } from '../../http/parse.ts';
import { type GuardedRequest, type HandlerReply, replyWith } from '../../http/route.ts';
import { parseTagged } from '../../kit/ids.ts';
import { deflect } from './inflection.ts';
import { headerOf, versioning, type Wishes } from './negotiate.ts';

const IDEMPOTENCY_KEY_LENGTH_MAX = 255;

function wishesOf({ negotiated }: GuardedRequest): Wishes {
  if (negotiated === undefined || !('version' in negotiated))
    throw new InternalFault('nothing was negotiated');
  return negotiated as Wishes;
}

/** The version in which the caller wants to be spoken to. */
export function versionOf(request: GuardedRequest): string {
  return wishesOf(request).version;
}

/**
 * The body in snake case and in the newest version's form; unknown keys are still in it.
 * @throws InvalidInput A key came in two spellings.
 */
export function bodyOf(request: GuardedRequest, operation: string): Record<string, unknown> {
  const problems: FieldProblem[] = [];
  const body = deflect(request.body ?? {}, (path) => {
    problems.push({ path, code: 'invalid', message: 'is sent in two spellings' });
  }) as Record<string, unknown>;
  if (problems.length > 0) throw new InvalidInput(problems);
  return versioning.upgradeRequest(versionOf(request), operation, body);
}

/** As `bodyOf`, checked. What the schema does not name is ignored. @throws InvalidInput Every problem at once. */
export function readBody<const Schema extends TSchema>(
  request: GuardedRequest,
  operation: string,
  schema: Schema,
): Static<Schema> {
  return parse(schema, bodyOf(request, operation));
}

/** Problems of a part, for handlers that gather their own first. */
export { problemsOf };

const CONTROL = /\p{Cc}/u;

/**
 * A query parameter; of a repeated one the last.
 * @throws InvalidInput It holds control characters, which nothing that is looked for does, and no database takes NUL.
 */
export function queryOf({ query }: GuardedRequest, name: string): string | undefined {
  const value = query[name];
  const text = Array.isArray(value) ? value.at(-1) : value;
  if (text !== undefined && CONTROL.test(text)) {
    throw new InvalidInput([{ path: [name], code: 'invalid', message: 'must not hold control characters' }]);
  }
  return text;
}

const WHOLE_NUMBER = /^\d{1,15}$/;

/** A whole number of the query within bounds; outside them it is a problem and the default is given. */
export function readNumber(
  request: GuardedRequest,
  name: string,
  bounds: { min: number; max: number; fallback: number },
  problems: FieldProblem[],
): number {
  const text = queryOf(request, name);
  if (text === undefined) return bounds.fallback;
  const value = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  const range = Number.isFinite(bounds.max)
    ? `from ${bounds.min} to ${bounds.max}`
    : `of at least ${bounds.min}`;
  problems.push({ path: [name], code: 'invalid', message: `must be a whole number ${range}` });
  return bounds.fallback;
}

/** `limit` and `offset` (contract verification 1.6). */
export function readWindow(
  request: GuardedRequest,
  fallback: number,
  problems: FieldProblem[],
): { limit: number; offset: number } {
  return {
    limit: readNumber(request, 'limit', { min: 1, max: 100, fallback }, problems),
    offset: readNumber(request, 'offset', { min: 0, max: Number.POSITIVE_INFINITY, fallback: 0 }, problems),
  };
}

/** `true` or `false` of the query. */
export function readFlag(request: GuardedRequest, name: string, problems: FieldProblem[]): boolean {
  const text = queryOf(request, name);
  if (text !== undefined && text !== 'true' && text !== 'false') {
    problems.push({ path: [name], code: 'invalid', message: 'must be true or false' });
  }
  return text === 'true';
}

/** @throws InvalidInput When there are any. */
export function refuse(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw new InvalidInput(problems);
}

export function identityIdOf(text: string): IdentityId | null {
  return parseTagged(text, 'idn') as IdentityId | null;
}

/** What an idempotent operation is given, before it knows what it makes. */
export type KeyedRequest = Omit<Idempotency<never>, 'render'>;

/** @throws InvalidInput Over 255 characters. */
function keyedRequest(request: GuardedRequest): KeyedRequest | null {
  const key = headerOf(request.headers, 'idempotency-key');
  if (key === undefined) return null;
  if ([...key].length > IDEMPOTENCY_KEY_LENGTH_MAX) {
    const message = `must have at most ${IDEMPOTENCY_KEY_LENGTH_MAX} characters`;
    throw new InvalidInput([{ path: ['Idempotency-Key'], code: 'invalid', message }]);
  }
  const { method, path } = request.context.origin;
  const body = deflect(request.body ?? null, () => {});
  return { key, scope: 'pool', operation: 'verification', request: `${method} ${path} ${canonical(body)}` };
}

/** JSON with sorted keys, so that the order of a body's keys makes no other request of it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, node: unknown) =>
    typeof node === 'object' && node !== null && !Array.isArray(node)
      ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
      : node,
  );
}

/** A success in its own words: status and body in snake case, in the newest version's form. */
export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

/**
 * Runs a write under its `Idempotency-Key`, if it carries one (contract verification 1.5): the kept answer is given
 * again before anything of the request is checked, and what `run` makes is kept with what it writes.
 *
 * @param run Gets null where there is no key; must keep what `render` gives in the transaction of its write.
 */
export async function idempotently<Made, Body>(
  deps: Pick<Deps, 'clock' | 'vault' | 'organisation' | 'identities'>,
  request: GuardedRequest,
  operation: string,
  work: {
    run: (idempotency: Idempotency<Made> | null) => Promise<{ made: Made } | { replay: string }>;
    answer: (made: Made) => Answer<Body>;
  },
): Promise<HandlerReply<Body>> {
  const keyed = keyedRequest(request);
  const version = versionOf(request);
  const down = (body: Body): Body => versioning.downgradeReply(version, operation, body) as Body;
  const replayed = (text: string): HandlerReply<Body> => {
    const { status, body } = JSON.parse(text) as Answer<Body>;
    return replyWith(down(body), { status, headers: { 'idempotent-replayed': 'true' } });
  };
  if (keyed !== null) {
    const { replay } = await openIdempotency(deps, request.principal, keyed);
    if (replay !== null) return replayed(replay);
  }
  const render = (made: Made): string => JSON.stringify(work.answer(made));
  const outcome = await work.run(keyed === null ? null : { ...keyed, render });
  if ('replay' in outcome) return replayed(outcome.replay);
  const { status, body } = work.answer(outcome.made);
  return replyWith(down(body), { status });
}

/** The reply of an operation without idempotency, in the caller's version. */
export function inVersion<Body>(request: GuardedRequest, operation: string, body: Body): Body {
  return versioning.downgradeReply(versionOf(request), operation, body) as Body;
}
