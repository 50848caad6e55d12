import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type { KycListInput } from '../../core/kyc/list-identities.ts';
import type { KycFilter, KycSort } from '../../core/kyc/ports.ts';
import type { Risk } from '../../core/kyc/provider.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { readOne, readWindow, refuse } from './page-window.ts';
import { UUID, unknownParameters } from './requests.ts';

type Operator = 'is' | 'like' | 'in' | 'nin';

/** Which operators a field knows beside equality (contract kyc 3.3). */
const OPERATORS: Readonly<Record<string, readonly Operator[]>> = {
  appId: [],
  blocked: [],
  email: ['like'],
  id: ['in'],
  identityOwner: ['in'],
  name: [],
  riskRating: ['in', 'nin'],
  type: [],
};
const SORTS: readonly KycSort[] = ['createdAt', '-createdAt', 'updatedAt', '-updatedAt'];
const RISKS: readonly Risk[] = ['low', 'medium', 'high'];
const LIST_MAX = 100;
const VALUE_LENGTH_MAX = 255;

interface Condition {
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** A list's query; null: nothing can match. @throws InvalidInput Everything that is wrong, at once. */
export function readListQuery(request: GuardedRequest): KycListInput | null {
  const filters = Object.keys(OPERATORS).map((field) => `filter[${field}]`);
  const known = [...filters, 'sort', 'page[number]', 'page[size]', 'all'];
  const problems: FieldProblem[] = unknownParameters(request, known);
  const read = (name: string) => readOne(request, name, problems);

  const conditions = new Map<string, Condition>();
  for (const field of Object.keys(OPERATORS)) {
    const condition = readCondition(field, read(`filter[${field}]`), problems);
    if (condition !== null) conditions.set(field, condition);
  }
  const blocked = conditions.get('blocked')?.values[0] ?? null;
  if (blocked !== null && blocked !== 'true' && blocked !== 'false') {
    refuse(problems, 'filter[blocked]', 'type', 'must be true or false');
  }
  const sorts = readSorts(read('sort'), problems);
  const all = read('all');
  if (all !== undefined && all !== 'true' && all !== 'false') {
    refuse(problems, 'all', 'type', 'must be true or false');
  }
  const window = all === 'true' ? null : readWindow(read, problems);
  if (problems.length > 0) throw new InvalidInput(problems);

  const filter = filterOf(request, conditions, blocked === null ? null : blocked === 'true');
  if (filter === null) return null;
  const email = conditions.get('email');
  const [emailText = null] = email?.values ?? [];
  const isPart = email?.operator === 'like';
  return {
    ...{ filter, sorts, window, name: conditions.get('name')?.values[0] ?? null },
    email: isPart ? null : emailText,
    emailPart: isPart ? emailText : null,
  };
}

/** A prefix that is no operator is part of the value; one that the field does not know is refused. */
function readCondition(field: string, text: string | undefined, problems: FieldProblem[]): Condition | null {
  if (text === undefined) return null;
  const name = `filter[${field}]`;
  const match = /^(like|in|nin):(.*)$/su.exec(text);
  const operator = (match?.[1] ?? 'is') as Operator;
  const rest = match?.[2] ?? text;
  if (operator !== 'is' && !(OPERATORS[field] ?? []).includes(operator)) {
    refuse(problems, name, 'enum', 'does not know this operator');
    return null;
  }
  const values = operator === 'in' || operator === 'nin' ? rest.split(',') : [rest];
  if (values.some((value) => value === '')) refuse(problems, name, 'format', 'must not be empty');
  else if (values.length > LIST_MAX) refuse(problems, name, 'length', `must have at most ${LIST_MAX} values`);
  else if (values.some((value) => [...value].length > VALUE_LENGTH_MAX))
    refuse(problems, name, 'length', `must have at most ${VALUE_LENGTH_MAX} characters`);
  else return { operator, values };
  return null;
}

function readSorts(text: string | undefined, problems: FieldProblem[]): KycSort[] {
  if (text === undefined) return [];
  const sorts = text.split(',').map((word) => SORTS.find((sort) => sort === word));
  const known = sorts.filter((sort) => sort !== undefined);
  if (known.length === sorts.length && known.length <= SORTS.length) return known;
  refuse(problems, 'sort', 'enum', 'must be createdAt, -createdAt, updatedAt or -updatedAt');
  return [];
}

function filterOf(
  request: GuardedRequest,
  conditions: ReadonlyMap<string, Condition>,
  blocked: boolean | null,
): Omit<KycFilter, 'keys'> | null {
  const ids = (field: string) => {
    const condition = conditions.get(field);
    // What is no UUID is nobody's id.
    return condition === undefined ? null : condition.values.filter((value) => UUID.test(value));
  };
  const appId = conditions.get('appId')?.values[0];
  if (appId !== undefined && appId !== request.principal.poolId) return null;
  const type = conditions.get('type')?.values[0] ?? null;
  if (type !== null && type !== 'person' && type !== 'company') return null;
  const risk = conditions.get('riskRating');
  return {
    ...{ blocked, type, ids: ids('id'), owners: ids('identityOwner') },
    risk:
      risk === undefined
        ? null
        : {
            isIn: risk.operator !== 'nin',
            values: RISKS.filter((rating) => risk.values.includes(rating)),
          },
  };
}
