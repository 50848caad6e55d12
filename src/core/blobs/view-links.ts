import { equalInConstantTime } from '../../kit/constant-time.ts';
import type { Clock, PoolVault } from '../ports.ts';
import { CONTENT_TYPES, type ContentType } from './content-type.ts';
import { LinkExpired, LinkRefused } from './errors.ts';
import { readCompactTime, toCompactTime } from './time-stamp.ts';

export const LINK_SECONDS = 900;
const SIGNATURE_SPACE = 'blobs:view-link:v1';
const ALGORITHM = 'AWS4-HMAC-SHA256';
const QUERY_CHARACTERS_MAX = 2_048;
/** A clock of another process may be ahead by this much. */
const AHEAD_SECONDS_MAX = 60;
const SIGNATURE = 'X-Amz-Signature';
/** Exactly these, each once. */
const PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'response-content-disposition',
  'response-content-type',
] as const;

/** What a link opens. */
export interface LinkTarget {
  /** `example.com`, with the port where it is not the scheme's own. */
  readonly host: string;
  /** The whole path as it is requested, percent-encoding included. */
  readonly path: string;
  readonly bucket: string;
}

/**
 * The query of a link that shows one stored file without an API key for 900 s (contract kyc 3.7). Nothing is stored;
 * GET, host, path, bucket, time, lifetime, disposition and type are signed with a key of the pool.
 *
 * @param input.contentType By the leading bytes; the reply's type comes from the record all the same.
 */
export function createViewQuery(
  { pool, clock }: { pool: PoolVault; clock: Clock },
  input: LinkTarget & { contentType: ContentType },
): string {
  const { bucket, contentType } = input;
  const time = toCompactTime(clock.now());
  const parameters = new Map<string, string>([
    ['X-Amz-Algorithm', ALGORITHM],
    ['X-Amz-Credential', credentialOf(bucket, time)],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(LINK_SECONDS)],
    ['X-Amz-SignedHeaders', 'host'],
    ['response-content-disposition', 'inline'],
    ['response-content-type', contentType],
  ]);
  const signature = signatureOf(pool, input, parameters).toString('hex');
  return [...parameters, [SIGNATURE, signature]]
    .map(([name = '', value = '']) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/**
 * @param input.method HEAD is refused like any other: what is signed is GET.
 * @param input.query As sent, without the question mark.
 * @throws LinkRefused No parameter, another one, one twice, or any part changed: all look the same.
 * @throws LinkExpired Ours and unchanged, but 900 s or older.
 */
export function checkViewQuery(
  { pool, clock }: { pool: PoolVault; clock: Clock },
  input: LinkTarget & { method: string; query: string },
): void {
  if (input.method !== 'GET') throw new LinkRefused('another method than was signed');
  const parameters = readQuery(input.query);
  const signature = parameters.get(SIGNATURE) ?? '';
  parameters.delete(SIGNATURE);
  if (!/^[0-9a-f]{64}$/.test(signature) || parameters.size !== PARAMETERS.length)
    throw new LinkRefused('parameters are missing');
  if (!equalInConstantTime(signatureOf(pool, input, parameters), Buffer.from(signature, 'hex')))
    throw new LinkRefused('the signature is not of this link and pool');
  const time = parameters.get('X-Amz-Date') ?? '';
  const issuedAt = readCompactTime(time);
  if (issuedAt === null || parameters.get('X-Amz-Expires') !== String(LINK_SECONDS))
    throw new LinkRefused('a link of another version');
  const ageSeconds = (clock.now().getTime() - issuedAt.getTime()) / 1000;
  if (ageSeconds >= LINK_SECONDS) throw new LinkExpired();
  if (ageSeconds < -AHEAD_SECONDS_MAX) throw new LinkRefused('a link from the future');
}

/**
 * Headers of every reply that carries a stored file. The type is the one found in its first bytes; nothing that a
 * client said, in a form or in a link, gets here. A file with a problem is never shown, only handed over.
 */
export function viewHeaders(facts: {
  contentType: ContentType;
  problem: unknown;
}): Readonly<Record<string, string>> {
  const isShown = facts.problem === null;
  const extension = CONTENT_TYPES[facts.contentType][0];
  return {
    'content-type': isShown ? facts.contentType : 'application/octet-stream',
    // No name of the client's: it is personal data, and a place for header tricks.
    'content-disposition': `${isShown ? 'inline' : 'attachment'}; filename="document.${isShown ? extension : 'bin'}"`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, no-store',
    'referrer-policy': 'no-referrer',
    'accept-ranges': 'bytes',
  };
}

function credentialOf(bucket: string, time: string): string {
  return `${bucket}/${time.slice(0, 8)}/local/s3/aws4_request`;
}

/** @throws LinkRefused */
function readQuery(query: string): Map<string, string> {
  if (query.length > QUERY_CHARACTERS_MAX) throw new LinkRefused('a query that is too long');
  const allowed: readonly string[] = [...PARAMETERS, SIGNATURE];
  const parameters = new Map<string, string>();
  for (const part of query.split('&')) {
    const [name = '', value, ...more] = part.split('=');
    if (value === undefined || more.length > 0 || !allowed.includes(name) || parameters.has(name))
      throw new LinkRefused('a parameter that is not ours, or twice');
    parameters.set(name, decoded(value));
  }
  return parameters;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new LinkRefused('a parameter that cannot be read');
  }
}

/** Each part after its length: no two links look alike whatever characters they hold. */
function signatureOf(pool: PoolVault, target: LinkTarget, parameters: ReadonlyMap<string, string>): Buffer {
  const parts = ['GET', target.host.toLowerCase(), target.path, target.bucket];
  for (const name of PARAMETERS) parts.push(name, parameters.get(name) ?? '');
  return pool.digest(SIGNATURE_SPACE, JSON.stringify(parts));
}
