import { normaliseEmail, normaliseUsername, VISIBLE_ASCII } from '../../kit/normalise.ts';
import type { PhoneNumbers } from './ports.ts';

/**
 * What nobody sees: control, format and bidirectional characters, variation selectors, fillers, the grapheme joiner.
 */
const UNSEEN = /\p{Cc}|\p{Cf}|\p{Variation_Selector}|[\u115f\u1160\u3164\uffa0]|\u034f/gu;
const E164 = /^\+[1-9]\d{4,14}$/;

/** The three spaces in which identifiers are unique. */
export type IdentifierSpace = 'email' | 'phone' | 'identifier';

/**
 * The normal form of a login identifier, whoever sends it (contract iam 5): an international phone number becomes
 * E.164, an e-mail address what `normaliseEmail` makes of it, anything else what `normaliseUsername` does, at any
 * length. Control, invisible and bidirectional characters are dropped, width and case folded. Applied twice it
 * changes nothing more.
 *
 * @returns Null when nothing that can be seen is left.
 */
export function normaliseIdentifier(phones: PhoneNumbers, text: string): string | null {
  const seen = fold(text);
  if (seen === '') return null;
  return phones.toE164(seen) ?? normaliseEmail(seen) ?? normaliseUsername(seen) ?? seen;
}

/** Until nothing changes: a fold may bring out a space, or two characters that compose. */
function fold(text: string): string {
  if (VISIBLE_ASCII.test(text)) return text.trim().toLowerCase();
  const folded = text.normalize('NFKC').replace(UNSEEN, '').trim().toLowerCase();
  return folded === text ? folded : fold(folded);
}

/**
 * Where a normalised identifier is unique. Decided by its shape alone, so that whoever looks one up asks the same
 * space.
 */
export function identifierSpaceOf(normalised: string): IdentifierSpace {
  if (E164.test(normalised)) return 'phone';
  return normaliseEmail(normalised) === normalised ? 'email' : 'identifier';
}

/**
 * The normal form of an address on a channel.
 * @returns Null when the text is no e-mail address, or no international phone number.
 */
export function normaliseAddress(phones: PhoneNumbers, via: 'email' | 'sms', text: string): string | null {
  return via === 'email' ? normaliseEmail(text) : phones.toE164(text);
}
