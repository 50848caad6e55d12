import { equalInConstantTime } from '../../kit/constant-time.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { RandomSource, SecretHasher } from '../deps.ts';
import { BrowserNotAllowed, CsrfViolation } from './errors.ts';
import type { FlowRow } from './ports.ts';

/** What of a request decides whether a flow may be used with it. */
export interface RequestProof {
  /** The Origin header. */
  readonly origin: string | undefined;
  /** Names of all cookies that came. */
  readonly cookieNames: readonly string[];
  /** Value of the CSRF cookie. */
  readonly csrfCookie: string | undefined;
  /** Of the body's `csrf_token`, or of the header `X-CSRF-Token`. */
  readonly csrfToken: string | undefined;
}

type FlowProof = Pick<FlowRow, 'id' | 'type' | 'csrfDigest'>;
type Verdict = 'allowed' | 'csrf_violation' | 'browser_not_allowed';

const SIZE_BYTES = 32;
/** A content delivery network adds these to requests of native clients too. */
const NETWORK_COOKIE = /^(?:__cf|_cf|cf_)/;
const TEXT = /^[A-Za-z0-9_-]+$/;

/** A value for the cookie of a browser that has none yet: 32 random bytes. */
export function createCsrfCookie(random: RandomSource): string {
  return random.bytes(SIZE_BYTES).toString('base64url');
}

/** Whether a cookie may be one of ours; another one is replaced. */
export function isCsrfCookie(cookie: string): boolean {
  return bytesOf(cookie, SIZE_BYTES) !== null;
}

/** What a flow keeps of its browser's cookie. */
export function csrfDigestOf(secrets: SecretHasher, cookie: string): Buffer {
  return secrets.hash('csrf-cookie', cookie);
}

/**
 * The token that goes into a flow's forms, or another thing's. Only who knows the cookie can make it, and it is good for
 * this flow only. Under a mask that is new each time, so that compressed answers do not give it away byte by byte (BREACH).
 */
export function createCsrfToken(
  { secrets, random }: { secrets: SecretHasher; random: RandomSource },
  { id, cookie }: { id: Uuid; cookie: string },
): string {
  const mask = random.bytes(SIZE_BYTES);
  return Buffer.concat([mask, xor(mask, tokenOf(secrets, id, cookie))]).toString('base64url');
}

/**
 * Whether a request may submit a flow; `isRead`: or read it, which takes the cookie but no token.
 *
 * Flows of native clients are not for browsers: a page that another site put there could use them without a token.
 *
 * @param options.isExempt The code that comes along is the proof: a verification code, or a recovery code that an
 *   administrator made. Only of browser flows.
 */
export function judgeRequest(
  secrets: SecretHasher,
  { flow, request }: { flow: FlowProof; request: RequestProof },
  { isRead = false, isExempt = false }: { isRead?: boolean; isExempt?: boolean } = {},
): Verdict {
  if (flow.type === 'api') return isRead || isNative(request) ? 'allowed' : 'browser_not_allowed';
  if (isExempt) return 'allowed';
  return hasCookie(secrets, flow, request) && (isRead || hasToken(secrets, flow, request))
    ? 'allowed'
    : 'csrf_violation';
}

/** Whether a request may begin a flow for native clients. */
export function isNative({ origin, cookieNames }: Pick<RequestProof, 'origin' | 'cookieNames'>): boolean {
  return origin === undefined && cookieNames.every((name) => NETWORK_COOKIE.test(name));
}

/** @throws CsrfViolation @throws BrowserNotAllowed */
export function requireProof(...input: Parameters<typeof judgeRequest>): void {
  const verdict = judgeRequest(...input);
  if (verdict === 'csrf_violation') throw new CsrfViolation();
  if (verdict === 'browser_not_allowed') throw new BrowserNotAllowed();
}

/**
 * For a form that belongs to no flow.
 * @param input.id That its token was made for.
 * @throws CsrfViolation
 */
export function requireToken(secrets: SecretHasher, input: { id: Uuid; request: RequestProof }): void {
  if (!hasToken(secrets, input, input.request)) throw new CsrfViolation();
}

function hasCookie(secrets: SecretHasher, { csrfDigest }: FlowProof, { csrfCookie }: RequestProof): boolean {
  if (csrfDigest === null || csrfCookie === undefined || !isCsrfCookie(csrfCookie)) return false;
  return equalInConstantTime(csrfDigest, csrfDigestOf(secrets, csrfCookie));
}

function hasToken(
  secrets: SecretHasher,
  { id }: { readonly id: Uuid },
  { csrfCookie = '', csrfToken = '' }: RequestProof,
): boolean {
  const bytes = bytesOf(csrfToken, 2 * SIZE_BYTES);
  if (bytes === null) return false;
  const token = xor(bytes.subarray(0, SIZE_BYTES), bytes.subarray(SIZE_BYTES));
  return equalInConstantTime(token, tokenOf(secrets, id, csrfCookie));
}

function tokenOf(secrets: SecretHasher, id: Uuid, cookie: string): Buffer {
  return secrets.hash('csrf-token', id, cookie);
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}

/** Base64url in its one spelling, of exactly this size; else null. */
function bytesOf(text: string, size: number): Buffer | null {
  if (text.length > 2 * size || !TEXT.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === size && bytes.toString('base64url') === text ? bytes : null;
}
