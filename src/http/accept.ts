interface Preference {
  readonly quality: number;
  /** 3 for the very type, 2 for `text/*`, 1 for any, 0 where nothing matches. */
  readonly specificity: number;
  /** Place in the list. */
  readonly place: number;
}

const NOTHING: Preference = { quality: 0, specificity: 0, place: 0 };
const QUALITY = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i;
/** A stranger's header; no client names more. */
const RANGES_MAX = 50;

/**
 * Whether a client wants JSON rather than a page or a redirect: it prefers `application/json` over `text/html`, or it
 * sends exactly `application/json`. At equal quality the type that is named more precisely wins, then the one that is
 * named first; `*` alone, and no header at all, mean a page.
 *
 * @see Contract iam 6.2, "JSON or redirect"; RFC 9110 section 12.5.1.
 */
export function prefersJson(accept: string | undefined, contentType: string | undefined): boolean {
  if (contentType?.trim().toLowerCase() === 'application/json') return true;
  if (accept === undefined) return false;
  const json = preferenceFor('application', 'json', accept);
  const page = preferenceFor('text', 'html', accept);
  if (json.quality !== page.quality) return json.quality > page.quality;
  if (json.quality === 0) return false;
  if (json.specificity !== page.specificity) return json.specificity > page.specificity;
  return json.place < page.place;
}

/** The most precise range that matches decides, whatever its quality. */
function preferenceFor(type: string, subtype: string, accept: string): Preference {
  let best = NOTHING;
  for (const [place, range] of accept.split(',', RANGES_MAX).entries()) {
    const [name = '', ...parameters] = range.split(';');
    const specificity = [`*/*`, `${type}/*`, `${type}/${subtype}`].indexOf(name.trim().toLowerCase()) + 1;
    if (specificity > best.specificity) best = { quality: qualityOf(parameters), specificity, place };
  }
  return best;
}

function qualityOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const found = QUALITY.exec(parameter)?.[1];
    if (found !== undefined) return Number(found);
  }
  return 1;
}
