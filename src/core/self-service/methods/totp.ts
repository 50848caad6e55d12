import { equalInConstantTime } from '../../../kit/constant-time.ts';
import type { CounterCodes } from '../ports.ts';

const PERIOD_SECONDS = 30;
/** Steps that count before and after the one of now, for clocks that differ. */
const WINDOW = 1;
const CODE = /^[0-9]{6}$/;
const SECRET = /[?&]secret=([A-Za-z2-7]+)/;
const ACCOUNT_MAX = 128;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Which time step a code is of.
 *
 * @param input.url `otpauth://totp/…?secret=…`: SHA-1, six digits, 30 s.
 * @param input.after The last step that was used: it and those before count no more (RFC 6238, 5.2).
 * @returns Null for a wrong code.
 */
export function matchStep(
  counterCodes: CounterCodes,
  input: { readonly url: string; readonly code: string; readonly at: Date; readonly after: number | null },
): number | null {
  const code = input.code.replaceAll(/\s/g, '');
  const secret = secretOf(input.url);
  if (secret === null || !CODE.test(code)) return null;
  const bytes = decodeSecret(secret);
  const now = Math.floor(input.at.getTime() / 1000 / PERIOD_SECONDS);
  let found: number | null = null;
  // All of them, so that time does not tell which one it was.
  for (let step = now - WINDOW; step <= now + WINDOW; step += 1) {
    const isIt = equalInConstantTime(Buffer.from(counterCodes.codeAt(bytes, step)), Buffer.from(code));
    if (isIt && (input.after === null || step > input.after)) found = step;
  }
  return found;
}

/**
 * What an authenticator app reads from a QR code: SHA-1, six digits, 30 s.
 *
 * @param input.issuer Who it is for. @param input.account Whose it is there; shown by the app, and cut to 128 characters.
 * @param input.secret 20 random bytes (RFC 4226, 4).
 */
export function totpUrl(input: {
  readonly issuer: string;
  readonly account: string;
  readonly secret: Uint8Array;
}): string {
  // A colon would be where the account begins.
  const issuer = encodeURIComponent(input.issuer.replaceAll(':', ' '));
  const account = encodeURIComponent([...input.account.toWellFormed()].slice(0, ACCOUNT_MAX).join(''));
  const secret = encodeSecret(input.secret);
  return `otpauth://totp/${issuer}:${account}?algorithm=SHA1&digits=6&issuer=${issuer}&period=${PERIOD_SECONDS}&secret=${secret}`;
}

/** The secret of such a URL, for those who type it in. */
export function secretOf(url: string): string | null {
  return SECRET.exec(url)?.[1] ?? null;
}

/** RFC 4648 base 32 of bytes that come in fives, so that nothing is padded. */
function encodeSecret(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31];
  }
  return text;
}

/** RFC 4648 base 32; bits that make no whole byte are left out. */
function decodeSecret(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text.toUpperCase()) {
    held = (held << 5) | ALPHABET.indexOf(letter);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
    held &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}
