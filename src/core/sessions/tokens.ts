import type { RandomSource, SecretHasher } from '../deps.ts';

const PREFIXES = { session: 'ory_st_', logout: 'ory_lo_' } as const;
export type TokenKind = keyof typeof PREFIXES;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 32;
const TOKEN = /^ory_(st|lo)_[0-9A-Za-z]{32}$/;
/** Bytes from here on would make the first letters likelier than the others. */
const BYTE_END = 256 - (256 % LETTERS.length);

/** `ory_st_` or `ory_lo_` and 32 letters and digits: 190 random bits. @see Contract iam 6.5. */
export function makeToken(random: RandomSource, kind: TokenKind): string {
  return tokenOf(kind, () => random.bytes(LENGTH));
}

/**
 * The one logout token of a session: whoever has the session token can have it again, and from it nobody gets that.
 * @see Contract iam 6.1, logout/browser.
 */
export function logoutTokenOf(secrets: SecretHasher, sessionToken: string): string {
  let round = 0;
  return tokenOf('logout', () => {
    round += 1;
    return secrets.hash('logout-token-of', sessionToken, String(round));
  });
}

function tokenOf(kind: TokenKind, more: () => Buffer): string {
  let letters = '';
  while (letters.length < LENGTH) {
    for (const byte of more()) if (byte < BYTE_END) letters += LETTERS[byte % LETTERS.length];
  }
  return `${PREFIXES[kind]}${letters.slice(0, LENGTH)}`;
}

/** Whether a text says of itself that it is a session token; whether it is one is not looked at. */
export function isSessionToken(text: string): boolean {
  return text.startsWith(PREFIXES.session);
}

/** What is kept of a token, and finds its session. @returns Null when the text is no token of this kind. */
export function digestOfToken(secrets: SecretHasher, kind: TokenKind, text: string): Buffer | null {
  if (!text.startsWith(PREFIXES[kind]) || !TOKEN.test(text)) return null;
  return secrets.hash(`${kind}-token`, text);
}
