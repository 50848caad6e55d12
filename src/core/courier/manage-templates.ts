import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, NotFound } from '../errors.ts';
import type { RequestContext } from '../ports.ts';
import { namesIn } from './placeholders.ts';
import type { CourierStore } from './ports.ts';
import {
  ANY_LOCALE,
  type Channel,
  placeholdersOf,
  type StoredTemplate,
  subjectPlaceholdersOf,
  TEMPLATE_KINDS,
  type TemplateType,
} from './templates.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault'> & { readonly courier: CourierStore };
export type TemplateKey = Pick<StoredTemplate, 'templateType' | 'channel' | 'locale'>;
export type TemplateInput = Omit<StoredTemplate, 'updatedAt'>;

const SUBJECT_CHARACTERS_MAX = 200;
const SMS_CHARACTERS_MAX = 600;
const TEXT_CHARACTERS_MAX = 20_000;
const HTML_CHARACTERS_MAX = 100_000;
const LOCALE = /^[a-z]{2,8}(-[a-z0-9]{1,8}){0,4}$/;

/**
 * Puts a pool's own template in the place of a built-in one, or of its own before. `{{ name }}` is filled in; in HTML
 * the value is escaped. Messages that are queued already stay as they are.
 *
 * @param input.locale A language tag in any case, or `*`: every language without a template of the pool's own.
 * @throws InvalidInput Every problem at once: a placeholder that messages of this type do not have, none for the code or
 *   the link, a subject of several lines or with the code in it.
 */
export async function setTemplate(
  deps: Needs,
  context: RequestContext,
  input: TemplateInput,
): Promise<StoredTemplate> {
  const template = {
    ...input,
    locale: input.locale.toLowerCase().replaceAll('_', '-'),
    updatedAt: deps.clock.now(),
  };
  const problems = problemsOf(template);
  if (problems.length > 0) throw new InvalidInput(problems);
  await write(deps, context, 'courier_template.set', async (tx) => {
    await tx.putTemplate(context.principal.poolId, template);
  });
  return template;
}

/** The built-in one stands again. @throws NotFound The pool has none of its own there. */
export function removeTemplate(deps: Needs, context: RequestContext, key: TemplateKey): Promise<void> {
  return write(deps, context, 'courier_template.removed', async (tx) => {
    if (!(await tx.removeTemplate(context.principal.poolId, key))) throw new NotFound();
  });
}

/** All of a pool's own. */
export function listTemplates(
  { courier }: Pick<Needs, 'courier'>,
  { principal: { poolId } }: RequestContext,
): Promise<StoredTemplate[]> {
  return courier.listTemplates(poolId, null);
}

/** The one audit entry goes with the change. */
async function write(
  deps: Needs,
  context: RequestContext,
  action: string,
  work: (tx: CourierStore) => Promise<void>,
): Promise<void> {
  const { poolId } = context.principal;
  const stamp = stampOf(deps, context, poolId, await deps.vault.pool(poolId));
  await deps.courier.transaction(async (tx) => {
    await work(tx);
    await tx.audit(stamp, { action, subjectId: poolId, fields: ['courier_templates'] });
  });
}

function problemsOf(input: TemplateInput): FieldProblem[] {
  const { templateType: type, channel, locale, subject, text, html } = input;
  const problems: FieldProblem[] = [];
  const refuse = (field: string, message: string) =>
    problems.push({ path: [field], code: 'invalid', message });
  if (!Object.hasOwn(TEMPLATE_KINDS, type)) {
    refuse('template_type', 'must be a type of message that there is');
    return problems;
  }
  const { channels } = TEMPLATE_KINDS[type];
  if (!channels.includes(channel)) refuse('channel', `must be one of ${channels.join(', ')}`);
  if (locale !== ANY_LOCALE && !LOCALE.test(locale)) refuse('locale', 'must be a language tag, or *');
  const isMail = channel === 'email';
  if (isMail !== (subject !== null)) refuse('subject', isMail ? 'must be given' : 'is for e-mail only');
  if (!isMail && html !== null) refuse('html', 'is for e-mail only');
  const textMax = isMail ? TEXT_CHARACTERS_MAX : SMS_CHARACTERS_MAX;
  const checks: [string, string | null, number][] = [
    ['subject', subject, SUBJECT_CHARACTERS_MAX],
    ['text', text, textMax],
    ['html', html, HTML_CHARACTERS_MAX],
  ];
  for (const [field, template, max] of checks) {
    if (template === null) continue;
    const message = faultOf({ type, channel, field, template, max });
    if (message !== null) refuse(field, message);
  }
  return problems;
}

function faultOf(input: {
  type: TemplateType;
  channel: Channel;
  field: string;
  template: string;
  max: number;
}): string | null {
  const { type, field, template, max } = input;
  const isSubject = field === 'subject';
  if (template.trim() === '' || template.length > max) return `must have 1 to ${max} characters`;
  // A line break would end the header.
  if (isSubject && /[\p{Cc}\u2028\u2029]/u.test(template)) return 'must be one line';
  const allowed: readonly string[] = isSubject ? subjectPlaceholdersOf(type) : placeholdersOf(type);
  const names = namesIn(template);
  if (names === null) return 'has braces that are no placeholder';
  if (names.some((name) => !allowed.includes(name))) {
    return `may name ${allowed.map((name) => `{{ ${name} }}`).join(', ')} only`;
  }
  const { essential } = TEMPLATE_KINDS[type];
  if (!isSubject && essential !== null && !names.includes(essential)) {
    return `must name {{ ${essential} }}`;
  }
  return null;
}
