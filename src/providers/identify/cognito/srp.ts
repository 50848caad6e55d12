import { createHash, createHmac, getDiffieHellman, hkdfSync } from 'node:crypto';

/** RFC 3526 section 4: the 3072-bit group, with 2 as its generator. */
const N = BigInt(`0x${getDiffieHellman('modp15').getPrime('hex')}`);
const G = 2n;
const K = BigInt(`0x${sha256(Buffer.concat([padded(N), padded(G)])).toString('hex')}`);

/** Of a challenge `PASSWORD_VERIFIER`, as Cognito names them. */
export interface SrpChallenge {
  readonly userIdForSrp: string;
  /** Hexadecimal. */
  readonly salt: string;
  readonly srpB: string;
  /** Base64. */
  readonly secretBlock: string;
}

/**
 * A login by SRP-6a in Cognito's spelling: SHA-256, values padded as signed integers, a key of 16 bytes by HKDF.
 *
 * @see RFC 5054 section 2.5 for the arithmetic; the spelling is that of AWS's own clients.
 */
export class SrpLogin {
  readonly #a: bigint;
  readonly #publicA: bigint;

  /** @param secret At least 32 random bytes. */
  constructor(secret: Uint8Array) {
    this.#a = BigInt(`0x${Buffer.from(secret).toString('hex')}`);
    this.#publicA = power(G, this.#a);
  }

  get srpA(): string {
    return this.#publicA.toString(16);
  }

  /**
   * What shows that the password is known, in base64.
   * @param poolName The part of the user pool's id after `_`.
   * @param timestamp As `timestampOf` writes it.
   * @returns Null: the other side's value is one that would give the password away.
   */
  claim(
    challenge: SrpChallenge,
    { poolName, password, timestamp }: { poolName: string; password: string; timestamp: string },
  ): string | null {
    const { userIdForSrp, salt, srpB, secretBlock } = challenge;
    const publicB = BigInt(`0x${srpB}`);
    const u = hashOf(padded(this.#publicA), padded(publicB));
    if (publicB % N === 0n || u === 0n) return null;
    const inner = sha256(Buffer.from(`${poolName}${userIdForSrp}:${password}`));
    const x = hashOf(padded(BigInt(`0x${salt}`)), inner);
    const base = (((publicB - K * power(G, x)) % N) + N) % N;
    const shared = power(base, this.#a + u * x);
    const key = hkdfSync('sha256', padded(shared), padded(u), 'Caldera Derived Key', 16);
    return createHmac('sha256', Buffer.from(key))
      .update(`${poolName}${userIdForSrp}`)
      .update(Buffer.from(secretBlock, 'base64'))
      .update(timestamp)
      .digest('base64');
  }
}

/** `Sat Nov 1 09:05:00 UTC 2026`: English, UTC, no leading zero for the day. */
export function timestampOf(at: Date): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = at.toUTCString().split(/,? /);
  return `${weekday} ${month} ${Number(day)} ${time} UTC ${year}`;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % N;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % N;
    square = (square * square) % N;
  }
  return result;
}

/** Big-endian, with a zero byte before a first bit that is set. */
function padded(value: bigint): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
}

function hashOf(...parts: readonly Buffer[]): bigint {
  return BigInt(`0x${sha256(Buffer.concat(parts)).toString('hex')}`);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
