import { type FieldProblem, InvalidInput } from '../errors.ts';
import { CLAIM_NAMES, type ClaimName, type TokenTemplate } from './config.ts';

/** What a template may leave out. */
export type TokenTemplateInput = Pick<TokenTemplate, 'name'> & {
  readonly ttlSeconds?: number;
  readonly claims?: readonly string[];
  readonly subject?: string;
};

export const TTL_SECONDS = { min: 1, default: 60, max: 24 * 60 * 60 } as const;
export const TEMPLATES_MAX = 20;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws InvalidInput Every problem at once. */
export function readTokenTemplates(inputs: readonly TokenTemplateInput[]): TokenTemplate[] {
  const problems = inputs.flatMap((input, index) => problemsOf(input, index));
  const names = new Set(inputs.map(({ name }) => name));
  if (names.size < inputs.length) problems.push(wrong([], 'must have names of their own'));
  if (inputs.length > TEMPLATES_MAX) problems.push(wrong([], `must be at most ${TEMPLATES_MAX}`));
  if (problems.length > 0) throw new InvalidInput(problems);
  return inputs.map(({ name, ttlSeconds = TTL_SECONDS.default, claims = [], subject = 'id' }) => ({
    ...{ name, ttlSeconds },
    claims: [...new Set(claims.filter(isClaimName))],
    subject: subject === 'external_id' ? subject : 'id',
  }));
}

function problemsOf(input: TokenTemplateInput, index: number): FieldProblem[] {
  const { name, ttlSeconds = TTL_SECONDS.default, claims = [], subject = 'id' } = input;
  const { min, max } = TTL_SECONDS;
  const isTtl = Number.isInteger(ttlSeconds) && ttlSeconds >= min && ttlSeconds <= max;
  return [
    ...(NAME.test(name) ? [] : [wrong([index, 'name'], 'must be 1 to 64 letters, digits, ".", "_" or "-"')]),
    ...(isTtl ? [] : [wrong([index, 'ttl'], `must be a whole number of seconds from ${min} to ${max}`)]),
    ...(claims.every(isClaimName)
      ? []
      : [wrong([index, 'claims'], `must be among: ${CLAIM_NAMES.join(', ')}`)]),
    ...(subject === 'id' || subject === 'external_id'
      ? []
      : [wrong([index, 'subject'], 'must be id or external_id')]),
  ];
}

function isClaimName(name: string): name is ClaimName {
  return (CLAIM_NAMES as readonly string[]).includes(name);
}

function wrong(path: FieldProblem['path'], message: string): FieldProblem {
  return { path: ['token_templates', ...path], code: 'invalid', message };
}
