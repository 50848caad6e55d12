import type { Static } from 'typebox';
import {
  removeTemplates,
  setTemplates,
  type TemplateInput,
  type TemplateName,
} from '../../core/courier/manage-templates.ts';
import type { ChosenTemplate } from '../../core/courier/render.ts';
import { getTemplates, listTemplates, type TemplatesInForce } from '../../core/courier/show-templates.ts';
import { placeholdersOf, subjectPlaceholdersOf, TEMPLATE_KINDS } from '../../core/courier/templates.ts';
import type { Deps } from '../../core/deps.ts';
import { InternalFault } from '../../core/errors.ts';
import { parse } from '../../http/parse.ts';
import type { GuardedRequest } from '../../http/route.ts';
import * as wire from './wire-courier-templates.ts';

/** Handlers of what messages say: ours, no contract has them. */
export function courierTemplateHandlers(deps: Deps) {
  return {
    async listTemplates({ principal }: GuardedRequest) {
      return (await listTemplates(deps, principal)).map(showSources);
    },

    async getTemplate({ principal, params }: GuardedRequest) {
      return showTemplates(await getTemplates(deps, principal, nameOf(params)));
    },

    async putTemplate({ context, params, body }: GuardedRequest) {
      const name = nameOf(params);
      await setTemplates(deps, context, { ...name, texts: textsOf(parse(wire.TemplateBody, body)) });
      return showTemplates(await getTemplates(deps, context.principal, name));
    },

    async deleteTemplate({ context, params }: GuardedRequest) {
      await removeTemplates(deps, context, nameOf(params));
      return {};
    },
  };
}

function nameOf({ type = '', language = '' }: GuardedRequest['params']): TemplateName {
  return { templateType: type, locale: language };
}

function textsOf({ email, sms }: Static<typeof wire.TemplateBody>): TemplateInput['texts'] {
  return {
    ...(email === undefined
      ? {}
      : { email: { subject: email.subject, text: email.text, html: email.html ?? null } }),
    ...(sms === undefined ? {} : { sms: { subject: null, text: sms.text, html: null } }),
  };
}

function showSources(one: TemplatesInForce): Static<typeof wire.Templates>[number] {
  const { sms } = one.texts;
  return {
    ...{ template_type: one.templateType, language: one.locale },
    email: sourceOf(mailOf(one)),
    ...(sms === undefined ? {} : { sms: sourceOf(sms) }),
  };
}

function showTemplates(one: TemplatesInForce): Static<typeof wire.Template> {
  const { templateType: type, locale, texts } = one;
  const { essential } = TEMPLATE_KINDS[type];
  const { sms } = texts;
  const { subject, text, html, ...mail } = mailOf(one);
  return {
    ...{ template_type: type, language: locale },
    subject_variables: [...subjectPlaceholdersOf(type)],
    variables: [...placeholdersOf(type)],
    ...(essential === null ? {} : { required_variable: essential }),
    email: { ...sourceOf(mail), subject: subject ?? '', text, ...(html === null ? {} : { html }) },
    ...(sms === undefined ? {} : { sms: { ...sourceOf(sms), text: sms.text } }),
  };
}

function mailOf({ texts: { email } }: TemplatesInForce): ChosenTemplate {
  if (email === undefined) throw new InternalFault('a type of messages does not go by e-mail');
  return email;
}

function sourceOf({ locale, updatedAt }: Pick<ChosenTemplate, 'locale' | 'updatedAt'>) {
  return updatedAt === null
    ? { origin: 'built_in' as const, language: locale }
    : { origin: 'own' as const, language: locale, updated_at: updatedAt.toISOString() };
}
