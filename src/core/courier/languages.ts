import { de } from './languages/de.ts';
import { en } from './languages/en.ts';
import { es } from './languages/es.ts';
import { fr } from './languages/fr.ts';
import { it } from './languages/it.ts';
import type { Language } from './languages/language.ts';
import { pt } from './languages/pt.ts';

/** Built-in languages, by tag. */
export const LANGUAGES: Readonly<Record<string, Language>> = { en, de, fr, es, pt, it };
export const FALLBACK_LANGUAGE = 'en';

const HEADER_CHARACTERS_MAX = 1000;
const TAGS_MAX = 20;
const TAG = /^[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,4}$/;
const RANGE = /^([a-z]{2,8}(?:-[a-z0-9]{1,8}){0,4})(?:;q=([01](?:\.[0-9]{0,3})?))?$/;

/** Whether a text, in lower case, is a tag that `preferredLanguages` could give. */
export function isLanguageTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * What somebody wants to read, the best first: language tags in lower case, each followed by its language without a
 * region, and English in the end.
 *
 * @param wishes In the order of their weight: a language tag, or an `Accept-Language` header (RFC 9110 12.5.4). What
 *   cannot be read is passed over.
 */
export function preferredLanguages(...wishes: readonly (string | null)[]): string[] {
  const tags = wishes.flatMap((wish) => (wish === null ? [] : tagsOf(wish))).slice(0, TAGS_MAX);
  const widened = tags.flatMap((tag, index) => {
    const language = tag.replace(/-.*$/, '');
    // `de-at, de-ch;q=0.9`: each region's own before the common one.
    const isLast = !tags
      .slice(index + 1)
      .some((later) => later === language || later.startsWith(`${language}-`));
    return isLast ? [tag, language] : [tag];
  });
  return [...new Set([...widened, FALLBACK_LANGUAGE])];
}

function tagsOf(wish: string): string[] {
  return wish
    .slice(0, HEADER_CHARACTERS_MAX)
    .toLowerCase()
    .replaceAll(/[ \t]/g, '')
    .replaceAll('_', '-')
    .split(',')
    .flatMap((range) => {
      const [, tag, quality = '1'] = RANGE.exec(range) ?? [];
      const weight = Number(quality);
      return tag === undefined || weight === 0 ? [] : [{ tag, weight }];
    })
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}
