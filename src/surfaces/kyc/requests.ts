import { InvalidInput } from '../../core/errors.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';

export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The path's identity, and nothing in the query. @throws InvalidInput */
export function idOf(request: GuardedRequest): IdentityId {
  const { id = '' } = request.params;
  const problems = unknownParameters(request, []);
  if (!UUID.test(id)) {
    problems.push({ path: ['id'], code: 'invalid', rule: 'format', message: 'must be a UUID' });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  return id as IdentityId;
}

/** @throws InvalidInput */
export function requireNoQuery(request: GuardedRequest): void {
  const problems = unknownParameters(request, []);
  if (problems.length > 0) throw new InvalidInput(problems);
}

/** Query parameters that a route does not know: refused like those of a body (contract kyc 1). */
export function unknownParameters({ query }: GuardedRequest, known: readonly string[]) {
  const problems: InvalidInput['problems'][number][] = [];
  for (const name of Object.keys(query)) {
    if (!known.includes(name))
      problems.push({ path: [name], code: 'unknown', message: 'is not a parameter' });
  }
  return problems;
}
