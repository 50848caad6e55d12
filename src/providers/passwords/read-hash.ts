import type { HashInspection } from '../../core/passwords/ports.ts';
import { argon2 } from './argon2.ts';
import { bcrypt } from './bcrypt.ts';
import { crypt } from './crypt.ts';
import { ENCODED_CHARACTERS_MAX, type HashFamily, problem, type Reading } from './encoded.ts';
import { firescrypt } from './firescrypt.ts';
import { hmac } from './hmac.ts';
import { pbkdf2 } from './pbkdf2.ts';
import { scrypt } from './scrypt.ts';
import { ssha } from './ssha.ts';
import { templatedDigest } from './templated-digest.ts';

const FAMILIES: readonly HashFamily[] = [
  ...[argon2, bcrypt, pbkdf2, scrypt, firescrypt],
  ...[templatedDigest, ssha, hmac, crypt],
];

/** What a stored or imported hash says, checked in layout and cost; the same check at import and at each login. */
export function readHash(encoded: string): Reading {
  const family = FAMILIES.find((one) => one.isNamedBy(encoded));
  if (family === undefined) return problem('unknown_format');
  return encoded.length > ENCODED_CHARACTERS_MAX ? problem('malformed') : family.read(encoded);
}

/** Whether a hash may be imported; never throws, whatever the text. */
export function inspectHash(encoded: string): HashInspection {
  const reading = readHash(encoded);
  return reading.ok ? { ok: true, format: reading.format } : reading;
}
