import type { FieldProblem } from '../../core/errors.ts';
import type { SessionInput } from '../../core/verification/create-session.ts';
import { readText, TEXT_RULES, type TextRule } from './texts.ts';

const METADATA_BYTES_MAX = 16 * 1024;
const CHECKS_MAX = 50;
const CHECK_LENGTH_MAX = 100;
const AGE_MAX = 150;

const httpUrl = (text: string) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWeb = url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
  return isWeb ? text : { problem: 'must be an http or https address' };
};

const RULES: Readonly<Record<string, TextRule>> = {
  external_ref: TEXT_RULES.external_ref ?? { max: 255 },
  country: TEXT_RULES.country ?? { max: 2 },
  workflow_id: { max: 255 },
  redirect_url: { max: 2048, check: httpUrl },
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a new session is asked to be; every problem goes to the list. */
export function readSession(
  body: Readonly<Record<string, unknown>>,
  { now, problems }: { now: Date; problems: FieldProblem[] },
): SessionInput {
  const texts = new Map<string, string>();
  for (const [name, rule] of Object.entries(RULES)) {
    if (body[name] === undefined) continue;
    const text = readText(body[name], rule, { path: [name], now, problems });
    if (text !== null) texts.set(name, text);
  }
  const [externalRef, workflowId] = [texts.get('external_ref'), texts.get('workflow_id')];
  const [redirectUrl, country] = [texts.get('redirect_url'), texts.get('country')];
  const metadata = readMetadata(body.metadata, problems);
  const checks = readChecks(body.checks, problems);
  return {
    ...(externalRef === undefined ? {} : { externalRef }),
    ...(workflowId === undefined ? {} : { workflowId }),
    content: {
      metadata,
      ...(redirectUrl === undefined ? {} : { redirectUrl }),
      ...(country === undefined ? {} : { country }),
      ...(checks === undefined ? {} : { checks }),
    },
  };
}

function readMetadata(value: unknown, problems: FieldProblem[]): Record<string, unknown> {
  if (value === undefined) return {};
  const problem = (message: string) => problems.push({ path: ['metadata'], code: 'invalid', message });
  if (!isObject(value)) problem('must be an object');
  else if (Buffer.byteLength(JSON.stringify(value)) > METADATA_BYTES_MAX)
    problem(`must have at most ${METADATA_BYTES_MAX} bytes`);
  else return value;
  return {};
}

function readChecks(value: unknown, problems: FieldProblem[]): unknown {
  if (value === undefined) return undefined;
  const problem = (message: string, ...more: string[]) => {
    problems.push({ path: ['checks', ...more], code: 'invalid', message });
  };
  const isName = (item: unknown) =>
    typeof item === 'string' && item !== '' && [...item].length <= CHECK_LENGTH_MAX;
  if (Array.isArray(value)) {
    if (!value.every(isName)) problem(`must be a list of names of at most ${CHECK_LENGTH_MAX} characters`);
    else if (value.length > CHECKS_MAX) problem(`must have at most ${CHECKS_MAX} entries`);
  } else if (!isObject(value)) {
    problem('must be a list of names or an object');
  } else if (Buffer.byteLength(JSON.stringify(value)) > METADATA_BYTES_MAX) {
    problem(`must have at most ${METADATA_BYTES_MAX} bytes`);
  } else {
    const { minimum_age: age } = value;
    const isAge = Number.isInteger(age) && Number(age) >= 0 && Number(age) <= AGE_MAX;
    if (age !== undefined && !isAge) problem(`must be a whole number from 0 to ${AGE_MAX}`, 'minimum_age');
  }
  return value;
}
