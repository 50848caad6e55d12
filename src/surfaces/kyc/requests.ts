import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';

export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The path's identity, and nothing in the query. @throws InvalidInput */
export function idOf(request: GuardedRequest): IdentityId {
  return uuidOf(request) as IdentityId;
}

/** The path's `id`, whatever it is of, and nothing in the query. @throws InvalidInput */
export function uuidOf(request: GuardedRequest): string {
  return idsIn(request, 'id').id;
}

/** The path's document and its identity, and nothing in the query. @throws InvalidInput */
export function documentOf(request: GuardedRequest): { identityId: IdentityId; id: string } {
  const { identityId, id } = idsIn(request, 'identityId', 'id');
  return { identityId: identityId as IdentityId, id };
}

function idsIn<const Name extends string>(
  request: GuardedRequest,
  ...names: readonly Name[]
): Record<Name, string> {
  const problems = [...unknownParameters(request, []), ...badIds(request, ...names)];
  if (problems.length > 0) throw new InvalidInput(problems);
  return Object.fromEntries(names.map((name) => [name, request.params[name] ?? ''])) as Record<Name, string>;
}

/** Path parameters that are no UUID. */
export function badIds(
  { params }: Pick<GuardedRequest, 'params'>,
  ...names: readonly string[]
): FieldProblem[] {
  return names
    .filter((name) => !UUID.test(params[name] ?? ''))
    .map((name) => ({ path: [name], code: 'invalid', rule: 'format', message: 'must be a UUID' }));
}

/** @throws InvalidInput */
export function requireNoQuery(request: GuardedRequest): void {
  const problems = unknownParameters(request, []);
  if (problems.length > 0) throw new InvalidInput(problems);
}

/** Query parameters that a route does not know: refused like those of a body (contract kyc 1). */
export function unknownParameters(
  { query }: Pick<GuardedRequest, 'query'>,
  known: readonly string[],
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const name of Object.keys(query)) {
    if (!known.includes(name))
      problems.push({ path: [name], code: 'unknown', message: 'is not a parameter' });
  }
  return problems;
}
