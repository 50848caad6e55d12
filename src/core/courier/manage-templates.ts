import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { RequestContext } from '../ports.ts';
import { isLanguageTag } from './languages.ts';
import type { CourierStore } from './ports.ts';
import { templateProblems } from './template-problems.ts';
import {
  ANY_LOCALE,
  CHANNELS,
  type Channel,
  isTemplateType,
  type Template,
  type TemplateType,
} from './templates.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault'> & { readonly courier: CourierStore };

/** They are listed as a whole; each language of a type counts once for each channel. */
export const TEMPLATES_MAX = 500;

/** A type of messages and a language, as somebody names them. */
export interface TemplateName {
  readonly templateType: string;
  /** A language tag in any case, or `*`: every language without a template of the pool's own. */
  readonly locale: string;
}
export type TemplateInput = TemplateName & {
  /** At least one; what is not there stays as it is. */
  readonly texts: Readonly<Partial<Record<Channel, Template>>>;
};

/** @throws NotFound There is no such type of messages. @throws InvalidInput At `language`. */
export function readTemplateName(name: TemplateName): { templateType: TemplateType; locale: string } {
  const { templateType } = name;
  const locale = name.locale.toLowerCase().replaceAll('_', '-');
  if (!isTemplateType(templateType)) throw new NotFound();
  if (locale !== ANY_LOCALE && !isLanguageTag(locale))
    throw new InvalidInput([
      { path: ['language'], code: 'invalid', message: 'must be a language tag, or *' },
    ]);
  return { templateType, locale };
}

/**
 * Puts a pool's own templates in the place of built-in ones, or of its own before. `{{ name }}` is filled in; in HTML the
 * value is escaped. Messages that are queued already stay as they are. May be repeated.
 *
 * @throws NotFound There is no such type of messages.
 * @throws InvalidInput Every problem at once, of all that was given: a placeholder that messages of this type do not
 *   have, none for the code or the link, a subject of several lines or with the code in it.
 * @throws WrongState The pool would have more than 500.
 */
export async function setTemplates(
  deps: Needs,
  context: RequestContext,
  { texts, ...name }: TemplateInput,
): Promise<void> {
  const key = readTemplateName(name);
  const given = CHANNELS.flatMap((channel) => {
    const template = texts[channel];
    return template === undefined ? [] : [{ channel, template }];
  });
  const problems: FieldProblem[] = given.flatMap(({ channel, template }) =>
    templateProblems(key.templateType, channel, template),
  );
  if (given.length === 0)
    problems.push({ path: ['email'], code: 'required', message: 'or sms must be given' });
  if (problems.length > 0) throw new InvalidInput(problems);
  const updatedAt = deps.clock.now();
  await write(deps, context, 'courier_template.set', async (tx) => {
    for (const { channel, template } of given)
      await tx.putTemplate(context.principal.poolId, { ...key, channel, ...template, updatedAt });
    if ((await tx.countTemplates(context.principal.poolId)) > TEMPLATES_MAX)
      throw new WrongState(`A pool has at most ${TEMPLATES_MAX} templates of its own.`);
    return given.map(({ channel }) => fieldOf(key, channel));
  });
}

/**
 * The built-in ones stand again, on every channel.
 * @throws NotFound There is no such type, or the pool has none of its own there. @throws InvalidInput At `language`.
 */
export async function removeTemplates(
  deps: Needs,
  context: RequestContext,
  name: TemplateName,
): Promise<void> {
  const key = readTemplateName(name);
  await write(deps, context, 'courier_template.removed', async (tx) => {
    const removed: Channel[] = [];
    for (const channel of CHANNELS)
      if (await tx.removeTemplate(context.principal.poolId, { ...key, channel })) removed.push(channel);
    if (removed.length === 0) throw new NotFound();
    return removed.map((channel) => fieldOf(key, channel));
  });
}

/** As the audit names it. */
function fieldOf(
  { templateType, locale }: { templateType: TemplateType; locale: string },
  channel: Channel,
): string {
  return `courier_templates.${templateType}.${locale}.${channel}`;
}

/** The one audit entry goes with the change. @param work Gives the names of what it changed. */
async function write(
  deps: Needs,
  context: RequestContext,
  action: string,
  work: (tx: CourierStore) => Promise<readonly string[]>,
): Promise<void> {
  const { poolId } = context.principal;
  const stamp = stampOf(deps, context, poolId, await deps.vault.pool(poolId));
  await deps.courier.transaction(async (tx) => {
    const fields = await work(tx);
    await tx.audit(stamp, { action, subjectId: poolId, fields });
  });
}
