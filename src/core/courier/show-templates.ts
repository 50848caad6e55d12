import type { Deps } from '../deps.ts';
import type { PoolId, Principal } from '../ports.ts';
import { LANGUAGES, preferredLanguages } from './languages.ts';
import { readTemplateName, type TemplateName } from './manage-templates.ts';
import { type ChosenTemplate, chooseTemplate, pickTemplate } from './render.ts';
import { ANY_LOCALE, type Channel, TEMPLATE_KINDS, TEMPLATE_TYPES, type TemplateType } from './templates.ts';

type Needs = Pick<Deps, 'courier'>;

/** What messages of a type say to whoever reads a language. */
export interface TemplatesInForce {
  readonly templateType: TemplateType;
  /** Language tag in lower case, or `*`: languages that the pool has nothing of its own for. */
  readonly locale: string;
  /** Of each channel that the type has. The language of a text may be another one: the nearest that there is. */
  readonly texts: Readonly<Partial<Record<Channel, ChosenTemplate>>>;
}

/** Every type in every language that is built in, or that the pool has something of its own in. */
export async function listTemplates(
  { courier }: Needs,
  { poolId }: Pick<Principal, 'poolId'>,
): Promise<TemplatesInForce[]> {
  const own = await courier.listTemplates(poolId, null);
  return TEMPLATE_TYPES.flatMap((templateType) => {
    const ofType = own.filter((template) => template.templateType === templateType);
    const locales = new Set([...Object.keys(LANGUAGES), ...ofType.map(({ locale }) => locale)]);
    return [...locales].sort().map((locale) => {
      const languages = languagesOf(locale);
      const pick = (channel: Channel) => {
        const candidates = ofType.filter((template) => template.channel === channel);
        return pickTemplate(candidates, { type: templateType, channel, languages });
      };
      return { templateType, locale, texts: Object.fromEntries(ofEach(templateType, pick)) };
    });
  });
}

/**
 * What the next message would be made from, for any language.
 * @throws NotFound There is no such type of messages. @throws InvalidInput At `language`.
 */
export async function getTemplates(
  { courier }: Needs,
  { poolId }: { readonly poolId: PoolId },
  name: TemplateName,
): Promise<TemplatesInForce> {
  const { templateType: type, locale } = readTemplateName(name);
  const languages = languagesOf(locale);
  const choose = async (channel: Channel) => chooseTemplate(courier, { poolId, type, channel, languages });
  const chosen = ofEach(type, choose).map(async ([channel, found]) => [channel, await found] as const);
  return { templateType: type, locale, texts: Object.fromEntries(await Promise.all(chosen)) };
}

function ofEach<T>(type: TemplateType, work: (channel: Channel) => T): [Channel, T][] {
  return TEMPLATE_KINDS[type].channels.map((channel) => [channel, work(channel)]);
}

/** Whoever reads a language that is nowhere gets what is for every language, and English where nothing is. */
function languagesOf(locale: string): string[] {
  const known = preferredLanguages(locale);
  return locale === ANY_LOCALE ? [ANY_LOCALE, ...known] : known;
}
