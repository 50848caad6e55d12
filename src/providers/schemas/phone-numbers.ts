import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { PhoneNumbers } from '../../core/traits/ports.ts';

const INTERNATIONAL = /^[+\uff0b]/u;
const LENGTH_MAX = 64;

/**
 * International phone numbers by Google's numbering data. The smaller data are used on purpose: they know the lengths
 * and the leading digits of each country, but not which ranges are assigned at the moment, which changes faster than
 * releases.
 */
export const phoneNumbers: PhoneNumbers = {
  toE164: (text) => {
    const trimmed = text.trim();
    if (!INTERNATIONAL.test(trimmed) || trimmed.length > LENGTH_MAX) return null;
    const number = parsePhoneNumberFromString(trimmed, { extract: false });
    return number?.isValid() === true && number.ext === undefined ? number.number : null;
  },
};
