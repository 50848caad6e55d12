import { InternalFault } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import { builtInTemplate } from './built-in.ts';
import type { Body, Head } from './content.ts';
import { escapeHtml, type Filling, fill } from './placeholders.ts';
import type { CourierStore } from './ports.ts';
import {
  ANY_LOCALE,
  type Channel,
  type Occasion,
  type StoredTemplate,
  type Template,
  type TemplateType,
} from './templates.ts';

const asItIs = (text: string): string => text;

/** What a message is made from, and where that comes from. */
export interface ChosenTemplate extends Template {
  /** The language that it was written for; `*` of one for every language. */
  readonly locale: string;
  /** When the pool set it; null: it is built in. */
  readonly updatedAt: Date | null;
}

interface Wanted {
  readonly type: TemplateType;
  readonly channel: Channel;
  /** As `preferredLanguages` gives them. */
  readonly languages: readonly string[];
}

/** As `pickTemplate`, from the pool's own of now. */
export async function chooseTemplate(
  store: Pick<CourierStore, 'listTemplates'>,
  { poolId, ...wanted }: Wanted & { readonly poolId: PoolId },
): Promise<ChosenTemplate> {
  const { type, channel, languages } = wanted;
  const locales = [...languages, ANY_LOCALE];
  return pickTemplate(await store.listTemplates(poolId, { templateType: type, channel, locales }), wanted);
}

/**
 * The template for the first language that there is one in. Of a language the pool's own goes before its own for every
 * language, and that before the built-in one.
 *
 * @param own The pool's own of this type and channel.
 */
export function pickTemplate(
  own: readonly StoredTemplate[],
  { type, channel, languages }: Wanted,
): ChosenTemplate {
  const ownIn = (locale: string) => own.find((template) => template.locale === locale);
  const forAll = ownIn(ANY_LOCALE);
  for (const locale of languages) {
    // A region's turn passes to its language when the pool has that one.
    const hasLanguage = ownIn(locale.replace(/-.*$/, '')) !== undefined;
    const ownOne = ownIn(locale) ?? (hasLanguage ? undefined : forAll);
    if (ownOne !== undefined) return ownOne;
    const builtIn = builtInTemplate(type, channel, locale);
    if (builtIn !== null) return { ...builtIn, locale, updatedAt: null };
  }
  throw new InternalFault(`there is no template ${type} for ${channel} in these languages`);
}

/** @throws InternalFault The template names something that the occasion does not have. */
export function renderMessage(
  template: Template,
  { recipient, occasion }: { readonly recipient: string; readonly occasion: Occasion },
): { head: Head; body: Body } {
  const filling = { recipient, ...valuesOf(occasion) };
  const { subject, text, html } = template;
  return {
    head: { recipient, subject: subject === null ? '' : fill(subject, filling, asItIs) },
    body: {
      text: fill(text, filling, asItIs),
      html: html === null ? null : fill(html, filling, escapeHtml),
      code: 'code' in occasion ? occasion.code : null,
    },
  };
}

function valuesOf(occasion: Occasion): Filling {
  if ('code' in occasion) return { code: occasion.code, minutes: String(occasion.minutes) };
  if ('link' in occasion) return { link: occasion.link, minutes: String(occasion.minutes) };
  return {};
}
