import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { PhoneNumbers } from '../../core/traits/ports.ts';
import { normaliseEmail } from '../../kit/normalise.ts';

const TEXT_LENGTH_MAX = 2_048;
const STANDARD = [
  'date',
  'time',
  'date-time',
  'duration',
  'uri',
  'uri-reference',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
] as const;

/**
 * Checks by format name. An e-mail address and a phone number are what the product can find again by: what has no
 * normal form is not valid. The others are the standard's; a text of more than 2,048 characters is none of them.
 */
export function formatChecks(phones: PhoneNumbers): { [name: string]: (text: string) => boolean } {
  const standard = STANDARD.map((name) => [name, bounded(checkOf(fullFormats[name]))] as const);
  return {
    ...Object.fromEntries(standard),
    email: (text) => normaliseEmail(text) !== null,
    tel: (text) => phones.toE164(text) !== null,
    'no-validate': () => true,
  };
}

function bounded(check: (text: string) => boolean) {
  return (text: string): boolean => text.length <= TEXT_LENGTH_MAX && check(text);
}

/** A format is given as an expression, a function, or an object that holds one of them. */
function checkOf(format: unknown): (text: string) => boolean {
  const check =
    typeof format === 'object' && format !== null && 'validate' in format ? format.validate : format;
  if (check instanceof RegExp) return (text) => check.test(text);
  if (typeof check === 'function') return (text) => check(text) === true;
  throw new TypeError('A format of ajv-formats is neither an expression nor a function.');
}
