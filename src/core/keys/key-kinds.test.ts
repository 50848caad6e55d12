import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GRANTS } from '../grants.ts';
import { isApiVersion, permits } from './key-kinds.ts';

test('a secret key may do what it is granted, and whatever takes any key', () => {
  const grants = new Set(['identities:read'] as const);
  assert.equal(permits({ kind: 'secret', grants }, null), true);
  for (const grant of GRANTS)
    assert.equal(permits({ kind: 'secret', grants }, grant), grant === 'identities:read');
});

test('a publishable key may create sessions and nothing else, whatever a record says', () => {
  const grants = new Set(GRANTS);
  assert.equal(permits({ kind: 'publishable', grants }, null), false);
  for (const grant of GRANTS)
    assert.equal(permits({ kind: 'publishable', grants }, grant), grant === 'sessions:create');
  assert.equal(permits({ kind: 'publishable', grants: new Set() }, 'sessions:create'), false);
});

test('a version is a date that exists', () => {
  for (const text of ['2026-01-01', '2024-02-29', '2026-12-31']) assert.equal(isApiVersion(text), true, text);
  for (const text of [
    ...['', '2026-02-29', '2026-02-30', '2026-13-01', '2026-00-01', '2026-01-00', '2026-1-1', '26-01-01'],
    ...[
      '2026-01-01 ',
      ' 2026-01-01',
      '2026-01-01\n',
      '2026-01-01T00:00:00Z',
      '+2026-01-01',
      '２０２６-01-01',
    ],
  ])
    assert.equal(isApiVersion(text), false, JSON.stringify(text));
  fc.assert(fc.property(fc.string(), (text) => typeof isApiVersion(text) === 'boolean'));
});
