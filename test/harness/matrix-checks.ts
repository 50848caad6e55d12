import assert from 'node:assert/strict';
import { ERROR_CODES } from '../../src/surfaces/pools/wire.ts';
import type { FixtureTable, PublishedRoute } from './matrix.ts';
import { POOLS_FIXTURES } from './matrix-pools.ts';
import type { Reply } from './server.ts';

/** What a surface's errors look like. A surface without an entry here fails the matrices. */
export interface Envelope {
  readonly fixtures: FixtureTable;
  /** Asserts the shape of an error's body and gives its code. */
  readError(body: unknown): string;
  readonly codes: Readonly<
    Record<'missingKey' | 'badKey' | 'notPermitted' | 'notFound' | 'badBody' | 'wrongType' | 'badId', string>
  >;
}

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
      wrongType: 'unexpected_ref_type',
      badId: 'invalid_value',
    },
  },
};

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
