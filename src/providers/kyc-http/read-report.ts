import type { FieldPath, FieldProblem } from '../../core/errors.ts';
import { parseDay } from '../../core/kyc/dates.ts';
import type { CheckResult, KycCheck, KycReport, KycState, Risk } from '../../core/kyc/provider.ts';

const EXCEPTIONS_MAX = 50;
const CHECKS_MAX = 100;
/** Words of a fixed vocabulary: what is read here is kept in the open, so nothing of a person may be in it. */
const CODE = /^[a-z][a-z0-9_]{0,63}$/;
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/;
const RESULTS: readonly CheckResult[] = ['passed', 'failed', 'skipped'];
const RISKS: readonly Risk[] = ['low', 'medium', 'high'];
export const REPORT_FIELDS = [
  ...['state', 'exceptions', 'checks', 'risk', 'block', 'validUntil', 'externalRef'],
] as const;

/** Notes a problem. Values that were sent are in none. */
export type Refuse = (path: FieldPath, message: string) => void;
type Json = Readonly<Record<string, unknown>>;

/** @returns What is wrong with a message, as far as `read` finds it. */
export function problemsOf(read: (refuse: Refuse) => void): FieldProblem[] {
  const problems: FieldProblem[] = [];
  read((path, message) => problems.push({ path, code: 'invalid', message }));
  return problems;
}

/** Null, and a problem, where it is no object, or has other properties. */
export function readObject(
  value: unknown,
  path: FieldPath,
  names: readonly string[],
  refuse: Refuse,
): Json | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(path, 'must be an object');
    return null;
  }
  if (Object.keys(value).some((name) => !names.includes(name)))
    refuse(path, `must have these properties only: ${names.join(', ')}`);
  return value as Json;
}

/**
 * A report as it comes from outside, its codes sorted and each once. What it says beside the properties of `KycReport`
 * is refused, so that nothing is lost unnoticed. Where a problem was noted, what comes back is of no use.
 *
 * @param states Those that may be said here.
 */
export function readReport(report: Json, states: readonly KycState[], refuse: Refuse): KycReport {
  const { validUntil = null, externalRef, block } = report;
  const state = oneOf(report.state, states, ['state'], refuse) ?? 'pending';
  const exceptions = readExceptions(report.exceptions, refuse);
  if (state === 'exception' && exceptions.length === 0)
    refuse(['exceptions'], 'must name at least one reason for an exception');
  if (validUntil !== null && (typeof validUntil !== 'string' || parseDay(validUntil) === null))
    refuse(['validUntil'], 'must be a day as YYYY-MM-DD, or null');
  if (block !== undefined && typeof block !== 'boolean') refuse(['block'], 'must be true or false');
  return {
    state,
    exceptions,
    checks: readChecks(report.checks, refuse),
    risk:
      report.risk === undefined || report.risk === null ? null : oneOf(report.risk, RISKS, ['risk'], refuse),
    ...(block === true ? { block } : {}),
    validUntil: typeof validUntil === 'string' ? validUntil : null,
    externalRef: readReference(externalRef, refuse),
  };
}

/** The provider's own name of a case; null where it gives none. */
export function readReference(value: unknown, refuse: Refuse): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && REFERENCE.test(value)) return value;
  refuse(['externalRef'], 'must have 1 to 200 letters, digits and . _ : -, the first a letter or a digit');
  return null;
}

function readExceptions(value: unknown, refuse: Refuse): string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.length <= EXCEPTIONS_MAX;
  if (isList && value.every(isCode)) return [...new Set<string>(value)].sort();
  refuse(['exceptions'], `must be a list of at most ${EXCEPTIONS_MAX} codes such as missing_document`);
  return [];
}

function readChecks(value: unknown, refuse: Refuse): KycCheck[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > CHECKS_MAX) {
    refuse(['checks'], `must be a list of at most ${CHECKS_MAX} checks`);
    return [];
  }
  return value.flatMap((item: unknown, index) => {
    const path = ['checks', index];
    const check = readObject(item, path, ['code', 'result', 'detail'], refuse);
    if (check === null) return [];
    const { code, detail } = check;
    const result = oneOf(check.result, RESULTS, [...path, 'result'], refuse);
    const areCodes = isCode(code) && (detail === undefined || isCode(detail));
    if (!areCodes) refuse(path, 'must have a code such as face_match, and a detail of that form or none');
    if (!areCodes || result === null) return [];
    return { code, result, ...(detail === undefined ? {} : { detail }) };
  });
}

function isCode(value: unknown): value is string {
  return typeof value === 'string' && CODE.test(value);
}

function oneOf<Word extends string>(
  value: unknown,
  words: readonly Word[],
  path: FieldPath,
  refuse: Refuse,
): Word | null {
  const found = words.find((word) => word === value);
  if (found === undefined) refuse(path, `must be one of ${words.join(', ')}`);
  return found ?? null;
}
