import { equalInConstantTime } from '../../kit/constant-time.ts';
import type { SignatureScheme } from './config.ts';
import type { Macs } from './ports.ts';

/** What a client hands on to a real-time platform: who somebody is, since when that is known, and the proof. */
export interface SignedUser {
  readonly userId: string;
  /** Unix seconds. */
  readonly timeStamp: number;
  /** 40 upper-case hexadecimal digits. */
  readonly signature: string;
}

/** @see Contract identify 3.2, "Signature". */
export function signUser(
  macs: Macs,
  input: {
    readonly scheme: SignatureScheme;
    readonly secret: string;
    readonly userId: string;
    readonly timeStamp: number;
  },
): string {
  const { scheme, secret, userId, timeStamp } = input;
  const digest =
    scheme === 'hmac-sha1'
      ? macs.hmac('sha1', secret, `${userId}:${timeStamp}`)
      : macs.sha1(`${secret}${userId}${timeStamp}`);
  return digest.toString('hex').toUpperCase();
}

/** Clocks of others may be ahead. */
const AHEAD_SECONDS_MAX = 60;

/**
 * Whether a triple was signed with one of the secrets, not longer ago than `maxAgeSeconds`. All secrets are tried, in
 * constant time each.
 */
export function verifySignedUser(
  macs: Macs,
  triple: SignedUser,
  options: {
    readonly scheme: SignatureScheme;
    readonly secrets: readonly string[];
    readonly maxAgeSeconds: number;
    readonly now: Date;
  },
): boolean {
  const { userId, timeStamp, signature } = triple;
  const { scheme, secrets, maxAgeSeconds, now } = options;
  const matches = secrets.filter((secret) =>
    equalInConstantTime(
      Buffer.from(signUser(macs, { scheme, secret, userId, timeStamp })),
      Buffer.from(signature),
    ),
  );
  const ageSeconds = now.getTime() / 1000 - timeStamp;
  return matches.length > 0 && ageSeconds <= maxAgeSeconds && ageSeconds >= -AHEAD_SECONDS_MAX;
}
