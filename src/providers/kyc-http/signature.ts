import { createHmac } from 'node:crypto';
import { equalInConstantTime } from '../../kit/constant-time.ts';

/** `t=<Unix seconds>,v1=<HMAC-SHA-256 of "t.body", lower-case hex>`, in both directions. */
export const SIGNATURE_HEADER = 'x-selfsame-signature';
/** How far the clocks of both sides, and the way between them, may be apart. */
const TOLERANCE_SECONDS = 300;

export function signatureOf(secret: string, body: string | Uint8Array, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${digestOf(secret, seconds, body).toString('hex')}`;
}

/**
 * @returns When it was signed; null when the signature is missing, of another form, another secret or another body, or
 *   more than five minutes old or ahead.
 */
export function verifySignature(
  secret: string,
  { header, body, now }: { header: string | undefined; body: Uint8Array; now: Date },
): Date | null {
  const [, t, v1] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (t === undefined || v1 === undefined) return null;
  const seconds = Number(t);
  if (!equalInConstantTime(digestOf(secret, t, body), Buffer.from(v1, 'hex'))) return null;
  if (Math.abs(now.getTime() / 1000 - seconds) > TOLERANCE_SECONDS) return null;
  return new Date(seconds * 1000);
}

/** Over the digits as they were sent: `t=007` is not `t=7`. */
function digestOf(secret: string, seconds: number | string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
}
