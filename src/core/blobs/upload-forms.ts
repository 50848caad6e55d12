import { equalInConstantTime } from '../../kit/constant-time.ts';
import type { RandomSource } from '../deps.ts';
import type { Clock, PoolId, PoolVault } from '../ports.ts';
import { createObjectName, extensionOf, toBlobKey } from './blob-key.ts';
import { UploadRefused } from './errors.ts';
import type { BlobKey } from './ports.ts';
import { toCompactTime } from './time-stamp.ts';

export const FORM_SECONDS = 900;
export const UPLOAD_BYTES_MAX = 10 * 1024 * 1024;
/** Contract kyc 3.6; the leading bytes must agree when the file comes. */
export const UPLOAD_EXTENSIONS: readonly string[] = ['jpg', 'jpeg', 'png', 'pdf'];
const FILENAME_CHARACTERS_MAX = 255;
/** Never signs anything else: the index key's spaces keep signatures of one kind from counting as another. */
const SIGNATURE_SPACE = 'blobs:upload-form:v1';
const ALGORITHM = 'AWS4-HMAC-SHA256';
const POLICY_CHARACTERS_MAX = 4_096;

/** Where uploads of a pool go. */
export interface UploadPlace {
  readonly poolId: PoolId;
  /** The pool's public name in forms and links; no slash. */
  readonly bucket: string;
}

/** In the order and spelling of the contract (kyc 3.6). */
export interface UploadFields {
  readonly key: string;
  readonly bucket: string;
  readonly 'X-Amz-Algorithm': string;
  readonly 'X-Amz-Credential': string;
  readonly 'X-Amz-Date': string;
  readonly 'X-Amz-Security-Token': string;
  readonly Policy: string;
  readonly 'X-Amz-Signature': string;
}

/** What a form that was sent back allows. */
export interface AcceptedForm {
  /** As in the form: `f1/ad/2a/17/Q9TdlaDeAqvdwrjM.jpeg`. */
  readonly objectName: string;
  readonly key: BlobKey;
  readonly extension: string;
  readonly sizeBytesMin: number;
  readonly sizeBytesMax: number;
}

interface Policy {
  readonly expiration: string;
  readonly conditions: readonly unknown[];
}

/**
 * The one thing that is taken from a file's name, in lower case.
 *
 * @returns Null: no extension, or none of those that may be uploaded.
 */
export function readUploadExtension(filename: string): string | null {
  if (filename.length > FILENAME_CHARACTERS_MAX) return null;
  const [, extension = ''] = /[^./\\]\.([A-Za-z]{2,5})$/.exec(filename) ?? [];
  const lower = extension.toLowerCase();
  return UPLOAD_EXTENSIONS.includes(lower) ? lower : null;
}

/**
 * A form for one file, good for 900 s. Nothing is stored for it: what it allows stands in its policy, and the policy
 * is signed with a key of the pool. The form looks like S3's (POST policy), so clients send its fields back blindly;
 * the signature is ours, not one that is derived from an access key.
 *
 * @param input.extension From `readUploadExtension`.
 */
export function createUploadForm(
  deps: { pool: PoolVault; clock: Clock; random: RandomSource },
  input: UploadPlace & { extension: string; sizeBytesMax?: number },
): UploadFields {
  const { pool, clock, random } = deps;
  const { bucket, extension, sizeBytesMax = UPLOAD_BYTES_MAX } = input;
  const time = toCompactTime(clock.now());
  const issuedAtMs = Math.floor(clock.now().getTime() / 1000) * 1000;
  const fields = {
    key: createObjectName(random, extension),
    bucket,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${bucket}/${time.slice(0, 8)}/local/s3/aws4_request`,
    'X-Amz-Date': time,
    // No secret, and nothing is looked up by it: it is there because clients expect the field.
    'X-Amz-Security-Token': random.bytes(16).toString('base64url'),
  };
  const policy: Policy = {
    expiration: new Date(issuedAtMs + FORM_SECONDS * 1000).toISOString(),
    conditions: [
      ['content-length-range', 1, sizeBytesMax],
      ...Object.entries(fields).map(([name, value]) => ({ [name.toLowerCase()]: value })),
    ],
  };
  const encoded = Buffer.from(JSON.stringify(policy)).toString('base64');
  return { ...fields, Policy: encoded, 'X-Amz-Signature': signatureOf(pool, encoded).toString('hex') };
}

/**
 * Reads what a client sent back: the policy must be ours, of this pool and in time, and each of its conditions must be
 * met by exactly one field; no other field may be there.
 *
 * @param input.fields All fields before the file, under their names in lower case.
 * @throws UploadRefused
 */
export function checkUploadForm(
  { pool, clock }: { pool: PoolVault; clock: Clock },
  input: UploadPlace & { fields: ReadonlyMap<string, string> },
): AcceptedForm {
  const { fields, poolId, bucket } = input;
  const { policy: encoded = '', 'x-amz-signature': signature = '', ...rest } = Object.fromEntries(fields);
  if (encoded.length > POLICY_CHARACTERS_MAX || !/^[0-9a-f]{64}$/.test(signature))
    throw new UploadRefused('no policy, or no signature');
  if (!equalInConstantTime(signatureOf(pool, encoded), Buffer.from(signature, 'hex')))
    throw new UploadRefused('the signature is not of this policy and pool');
  const policy = readPolicy(encoded);
  if (clock.now().getTime() >= Date.parse(policy.expiration)) throw new UploadRefused('the form has expired');
  const { expected, sizeBytesMin, sizeBytesMax } = readConditions(policy);
  const names = Object.keys(rest);
  if (names.length !== expected.size || names.some((name) => rest[name] !== expected.get(name)))
    throw new UploadRefused('a field is missing, changed, or not in the policy');
  const objectName = rest.key ?? '';
  const key = toBlobKey(poolId, objectName);
  if (key === null || rest.bucket !== bucket) throw new UploadRefused('the key or the bucket is not ours');
  return { objectName, key, extension: extensionOf(objectName), sizeBytesMin, sizeBytesMax };
}

function signatureOf(pool: PoolVault, encodedPolicy: string): Buffer {
  return pool.digest(SIGNATURE_SPACE, encodedPolicy);
}

/** Signed by us, so it is what `createUploadForm` wrote, perhaps in another version. */
function readPolicy(encoded: string): Policy {
  const { expiration, conditions } = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  if (typeof expiration !== 'string' || Number.isNaN(Date.parse(expiration)) || !Array.isArray(conditions))
    throw new UploadRefused('a policy of another version');
  return { expiration, conditions };
}

function readConditions({ conditions }: Policy) {
  const expected = new Map<string, string>();
  let sizes: readonly [number, number] | null = null;
  for (const condition of conditions) {
    if (Array.isArray(condition) && condition[0] === 'content-length-range')
      sizes = [Number(condition[1]), Number(condition[2])];
    else for (const [name, value] of Object.entries(Object(condition))) expected.set(name, String(value));
  }
  if (sizes === null) throw new UploadRefused('a policy without a range of sizes');
  return { expected, sizeBytesMin: sizes[0], sizeBytesMax: sizes[1] };
}
