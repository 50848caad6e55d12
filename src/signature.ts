import type { SignatureScheme } from './core/identify/config.ts';
import { type SignedUser, signUser, verifySignedUser } from './core/identify/signature.ts';
import { macs } from './crypto/macs.ts';

// What others check signatures of the identify surface by, without a server.

export type { SignatureScheme, SignedUser };

/** @returns 40 upper-case hexadecimal digits. @see Contract identify 3.2. */
export function sign(input: {
  readonly secret: string;
  readonly userId: string;
  /** Unix seconds. */
  readonly timeStamp: number;
  /** Default `hmac-sha1`. */
  readonly scheme?: SignatureScheme;
}): string {
  return signUser(macs, { scheme: 'hmac-sha1', ...input });
}

/** Whether a triple was signed with one of the secrets, not longer ago than it may be. */
export function verify(
  triple: SignedUser,
  options: {
    readonly secrets: readonly string[];
    readonly scheme?: SignatureScheme;
    /** Default a day. */
    readonly maxAgeSeconds?: number;
    readonly now?: Date;
  },
): boolean {
  const { secrets, scheme = 'hmac-sha1', maxAgeSeconds = 86_400, now = new Date() } = options;
  return verifySignedUser(macs, triple, { secrets, scheme, maxAgeSeconds, now });
}
