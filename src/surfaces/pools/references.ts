import {
  type FieldPath,
  type FieldProblem,
  InvalidInput,
  NotFound,
  WrongReferenceType,
} from '../../core/errors.ts';
import type { AccountId, DomainId, IdentityId, PoolId, Principal, RulesetId } from '../../core/ports.ts';
import { parsePlaced } from '../../kit/ids.ts';

/** What each id in a path, query or body refers to. */
interface References {
  account: AccountId;
  domain: DomainId;
  ruleset: RulesetId;
  pool: PoolId;
  identity: IdentityId;
}

/**
 * Reads an id of the 32-character spelling. Its partition and type bits say what it refers to, so no look-up is
 * needed to tell a foreign account's id or another type of resource (contract pools 1.2).
 *
 * @returns Null after adding a problem: the id is missing or malformed.
 * @throws NotFound The id is another account's. @throws WrongReferenceType It is another type's.
 */
export function readReference<Type extends keyof References>(
  principal: Principal,
  type: Type,
  value: unknown,
  path: FieldPath,
  problems: FieldProblem[],
): References[Type] | null {
  if (value === undefined || value === null) {
    problems.push({ path, code: 'required', message: `The id of the ${type} is needed.` });
    return null;
  }
  const placed = typeof value === 'string' ? parsePlaced(value) : null;
  if (placed === null) {
    problems.push({ path, code: 'invalid', message: `This is no id of 32 characters.` });
    return null;
  }
  if (placed.partition !== principal.partition) throw new NotFound();
  if (placed.type !== type) throw new WrongReferenceType(path);
  return placed.uuid as References[Type];
}

/** The same for an id that stands alone, in a path or query. @throws InvalidInput also. */
export function requireReference<Type extends keyof References>(
  principal: Principal,
  type: Type,
  value: unknown,
  name: string,
): References[Type] {
  const problems: FieldProblem[] = [];
  const reference = readReference(principal, type, value, [name], problems);
  if (reference === null) throw new InvalidInput(problems);
  return reference;
}
