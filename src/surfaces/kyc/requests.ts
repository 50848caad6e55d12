import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';

export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The path's identity, and nothing in the query. @throws InvalidInput */
export function idOf(request: GuardedRequest): IdentityId {
  return idsIn(request, 'id').id as IdentityId;
}

/** The path's document and its identity, and nothing in the query. @throws InvalidInput */
export function documentOf(request: GuardedRequest): { identityId: IdentityId; id: string } {
  const { identityId, id } = idsIn(request, 'identityId', 'id');
  return { identityId: identityId as IdentityId, id };
}

/** The path's `id`, and in the query at most what is known. @throws InvalidInput */
export function uuidOf(request: GuardedRequest): string {
  return idsIn(request, 'id').id;
}

function idsIn<const Name extends string>(
  request: GuardedRequest,
  ...names: readonly Name[]
): Record<Name, string> {
  const problems = unknownParameters(request, []);
  const ids = names.map((name) => [name, request.params[name] ?? ''] as const);
  for (const [name, id] of ids) {
    if (UUID.test(id)) continue;
    problems.push({ path: [name], code: 'invalid', rule: 'format', message: 'must be a UUID' });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  return Object.fromEntries(ids) as Record<Name, string>;
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
