import assert from 'node:assert/strict';
import { ERROR_STATUSES as IAM_STATUSES } from '../../src/surfaces/iam/errors.ts';
import { ERROR_STATUSES as KYC_STATUSES } from '../../src/surfaces/kyc/errors.ts';
import { ERROR_CODES } from '../../src/surfaces/pools/wire.ts';
import { ERROR_STATUSES } from '../../src/surfaces/verification/errors.ts';
import type { FixtureTable, PublishedRoute, ReferenceIn } from './matrix.ts';
import { IAM_FIXTURES } from './matrix-iam.ts';
import { KYC_FIXTURES } from './matrix-kyc.ts';
import { POOLS_FIXTURES } from './matrix-pools.ts';
import { VERIFICATION_FIXTURES } from './matrix-verification.ts';
import type { Reply } from './server.ts';

/** A refusal, or several of which each will do. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** What a surface's errors look like. A surface without an entry here fails the matrices. */
export interface Envelope {
  readonly fixtures: FixtureTable;
  /** Asserts the shape of an error's body and gives its code. */
  readError(body: unknown): string;
  readonly codes: Readonly<Record<'missingKey' | 'badKey' | 'notPermitted' | 'notFound' | 'badBody', string>>;
  /** The code where there is no such route; default: that of an id of nothing. */
  readonly noRoute?: string;
  /** What a fault's body holds; default: the words that pools has for it. */
  readonly fault?: RegExp;
  /** JSON that is no object. */
  readonly notObject: Refusal;
  /** Another content type; default: as any body that is no JSON. */
  readonly otherType?: Refusal;
  readonly tooLarge: Refusal;
  /** A method that a path does not have. */
  readonly wrongMethod: Refusal;
  /** An id of another type of thing in this surface. */
  readonly wrongType: Refusal;
  /** What is no id; in a body, of text that no field takes as well. */
  readonly badId: Readonly<Record<ReferenceIn['in'], readonly Refusal[]>>;
  /** An id in upper case is the same id. */
  readonly ignoresCase?: boolean;
  /** What a body may hold besides, to no effect. */
  surplus(word: string): Readonly<Record<string, unknown>>;
}

const POOLS_BAD_ID: readonly Refusal[] = [{ status: 422, code: 'invalid_value' }];
const KYC_BAD_ID: readonly Refusal[] = [
  { status: 400, code: 'validation_failed' },
  // A UUID, of whatever version, is an id.
  { status: 404, code: 'identity_not_found' },
];
const IAM_BAD_ID: readonly Refusal[] = [{ status: 404, code: '404' }];
const VERIFICATION_MISSING: Refusal = { status: 404, code: 'not_found' };

export const SURFACES: Readonly<Record<string, Envelope>> = {
  pools: {
    fixtures: POOLS_FIXTURES,
    readError(body) {
      assert.ok(typeof body === 'object' && body !== null, 'an error is an object');
      const { errors, ...top } = body as Record<string, unknown>;
      readEntry(top);
      if (errors !== undefined) {
        assert.ok(typeof errors === 'object' && errors !== null);
        for (const entry of Object.values(errors)) readEntry(entry);
      }
      return String(top.code);
    },
    codes: {
      missingKey: 'not_authenticated',
      badKey: 'bad_authtoken',
      notPermitted: 'not_permitted',
      notFound: 'not_found',
      badBody: 'bad_request',
    },
    notObject: { status: 400, code: 'bad_request' },
    tooLarge: { status: 413, code: 'bad_request' },
    wrongMethod: { status: 404, code: 'not_found' },
    wrongType: { status: 422, code: 'unexpected_ref_type' },
    badId: { path: POOLS_BAD_ID, query: POOLS_BAD_ID, body: POOLS_BAD_ID },
    surplus: (word) => ({
      ...{ claims: { [word]: word }, nid: word, type: word, status: 'deleted', id: word, partition: 7 },
      [word]: word,
    }),
  },
  verification: {
    fixtures: VERIFICATION_FIXTURES,
    readError(body) {
      assert.ok(typeof body === 'object' && body !== null, 'an error is an object');
      const { errors, ...top } = body as Record<string, unknown>;
      assert.deepEqual(Object.keys(top), ['error', 'detail', 'status_code']);
      const { error, detail, status_code: status } = top;
      assert.equal((ERROR_STATUSES as Readonly<Record<string, number>>)[String(error)], status);
      assert.ok(typeof detail === 'string' && detail !== '');
      if (errors !== undefined) {
        assert.ok(Array.isArray(errors) && errors.length > 0);
        for (const entry of errors) assert.deepEqual(Object.keys(entry), ['field', 'message']);
      }
      return String(error);
    },
    codes: {
      missingKey: 'unauthorized',
      badKey: 'unauthorized',
      notPermitted: 'forbidden',
      notFound: 'not_found',
      badBody: 'bad_request',
    },
    notObject: { status: 422, code: 'validation_error' },
    tooLarge: { status: 413, code: 'payload_too_large' },
    wrongMethod: { status: 405, code: 'method_not_allowed' },
    // An identity's reference is any text, so that another thing's id is one of nobody.
    wrongType: VERIFICATION_MISSING,
    badId: {
      path: [VERIFICATION_MISSING],
      query: [VERIFICATION_MISSING],
      body: [VERIFICATION_MISSING, { status: 422, code: 'validation_error' }],
    },
    surplus: (word) => ({
      ...{ id: word, org_id: word, is_sandbox: true, session_count: 9, created_at: word, updated_at: word },
      ...{ extracted_data: { first_name: word }, latest_session_id: word, archived_at: word, [word]: word },
    }),
  },
  kyc: {
    fixtures: KYC_FIXTURES,
    readError(body) {
      assert.ok(typeof body === 'object' && body !== null, 'an error is an object');
      const { errors, ...top } = body as Record<string, unknown>;
      assert.deepEqual(Object.keys(top), ['code', 'message']);
      const { code, message } = top;
      assert.ok(Object.hasOwn(KYC_STATUSES, String(code)), `code ${String(code)} is listed`);
      assert.ok(typeof message === 'string' && message !== '');
      if (errors !== undefined) {
        assert.ok(Array.isArray(errors) && errors.length > 0);
        for (const entry of errors) assert.deepEqual(Object.keys(entry), ['field', 'code', 'message']);
      }
      return String(code);
    },
    codes: {
      missingKey: 'unauthorized',
      badKey: 'unauthorized',
      notPermitted: 'forbidden',
      notFound: 'identity_not_found',
      badBody: 'validation_failed',
    },
    notObject: { status: 400, code: 'validation_failed' },
    noRoute: 'not_found',
    fault: /"internal_error"/,
    otherType: { status: 415, code: 'unsupported_media_type' },
    tooLarge: { status: 413, code: 'payload_too_large' },
    wrongMethod: { status: 405, code: 'method_not_allowed' },
    wrongType: { status: 404, code: 'identity_not_found' },
    badId: { path: KYC_BAD_ID, query: KYC_BAD_ID, body: KYC_BAD_ID },
    // Whatever it does not know is refused there (contract kyc 1), which its own tests see to.
    surplus: () => ({}),
  },
  iam: {
    fixtures: IAM_FIXTURES,
    readError: readIamError,
    codes: { missingKey: '401', badKey: '401', notPermitted: '403', notFound: '404', badBody: '400' },
    notObject: { status: 400, code: '400' },
    fault: /An internal server error occurred/,
    tooLarge: { status: 413, code: '413' },
    wrongMethod: { status: 405, code: '405' },
    wrongType: { status: 404, code: '404' },
    badId: { path: IAM_BAD_ID, query: IAM_BAD_ID, body: IAM_BAD_ID },
    ignoresCase: true,
    // Some bodies are strict, and some are not (contract iam 1.3): tests of their own see to both.
    surplus: () => ({}),
  },
};

/** The status in the envelope, as text; of a list that shows nothing, just that. */
function readIamError(body: unknown): string {
  if (Array.isArray(body) && body.length === 0) return 'nothing';
  assert.ok(typeof body === 'object' && body !== null && 'error' in body, 'an error is an object');
  assert.deepEqual(Object.keys(body), ['error']);
  const { code, status, message, ...more } = body.error as Record<string, unknown>;
  assert.ok((Object.values(IAM_STATUSES) as unknown[]).includes(code), `code ${String(code)} is listed`);
  for (const text of [status, message]) assert.ok(typeof text === 'string' && text !== '');
  for (const name of Object.keys(more)) assert.ok(['reason', 'request'].includes(name), name);
  return String(code);
}

function readEntry(entry: unknown): void {
  assert.ok(typeof entry === 'object' && entry !== null);
  assert.deepEqual(Object.keys(entry).sort(), ['code', 'message', 'status']);
  const { status, code, message } = entry as Record<string, unknown>;
  assert.equal(status, 'error');
  assert.ok((ERROR_CODES as readonly unknown[]).includes(code), `code ${String(code)} is listed`);
  assert.equal(typeof message, 'string');
}

export function envelopeOf({ surface }: Pick<PublishedRoute, 'surface'>): Envelope {
  const envelope = SURFACES[surface];
  assert.ok(envelope !== undefined, `no fixtures for the surface ${surface}`);
  return envelope;
}

/** What holds of every reply. */
export function checkReply(reply: Reply, markers: readonly string[] = []): void {
  assert.ok(reply.status < 500, `${reply.status}: ${reply.text}`);
  assert.match(reply.headers.get('x-request-id') ?? '', /^[A-Za-z0-9._-]{1,128}$/);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
  const said = `${reply.text}\n${JSON.stringify([...reply.headers])}`;
  for (const marker of markers) assert.ok(!said.includes(marker), 'a refusal repeats what was sent');
}

/** A refusal in the surface's own envelope, with nothing in it of what was sent. */
export function checkRefusal(
  route: PublishedRoute,
  reply: Reply,
  expected: { status: number; code: string; markers?: readonly string[] },
): void {
  checkReply(reply, expected.markers);
  assert.equal(reply.status, expected.status, reply.text);
  assert.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8');
  assert.equal(envelopeOf(route).readError(reply.body), expected.code);
  if (expected.status === 401) assert.equal(reply.headers.get('www-authenticate'), 'Bearer');
  assert.ok(route.statuses.includes(expected.status), `the reference does not list ${expected.status}`);
}
