import { InvalidInput } from '../../core/errors.ts';
import type { VerifiedKey } from '../../http/ports.ts';
import type { Negotiated } from '../../http/surface.ts';
import { INFLECTIONS, type Inflection, inflect } from './inflection.ts';
import { createVersioning } from './versions.ts';

export const VERSION_HEADER = 'verifa-version';
export const INFLECTION_HEADER = 'key-inflection';

export const versioning = createVersioning();

/** What a caller wants of every reply. */
export interface Wishes extends Negotiated {
  readonly version: string;
  readonly inflection: Inflection;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Version first, then spelling (contract verification 1.8).
 * @throws UnsupportedVersion @throws InvalidInput The header names no spelling.
 */
export function negotiate({ headers, key }: { headers: Headers; key: VerifiedKey }): Wishes {
  const version = versioning.resolve(headerOf(headers, VERSION_HEADER), key.apiVersion);
  const inflection = inflectionOf(headers) ?? key.keyInflection;
  return { version, inflection, shape: (body) => inflect(body, inflection) };
}

/** For errors that come earlier: as the header says, where it says something. */
export function negotiateError(headers: Headers): Negotiated {
  const text = headerOf(headers, INFLECTION_HEADER);
  const inflection = INFLECTIONS.find((known) => known === text) ?? 'snake';
  return { shape: (body) => inflect(body, inflection) };
}

function inflectionOf(headers: Headers): Inflection | null {
  const text = headerOf(headers, INFLECTION_HEADER);
  if (text === undefined) return null;
  const found = INFLECTIONS.find((known) => known === text);
  if (found !== undefined) return found;
  const message = `must be one of ${INFLECTIONS.join(', ')}`;
  throw new InvalidInput([{ path: ['Key-Inflection'], code: 'invalid', message }]);
}

/** An empty header is an absent one. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  const text = (Array.isArray(value) ? value.join(', ') : value)?.trim();
  return text === '' ? undefined : text;
}
