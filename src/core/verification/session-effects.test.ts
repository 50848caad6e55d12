import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_PROFILE, type Profile } from '../identities/profile.ts';
import type { Standing } from '../identities/standing.ts';
import type { PoolConfig } from '../pools/ports.ts';
import { DEFAULT_VERIFICATION } from './config.ts';
import type { VerificationId } from './ports.ts';
import { type Findings, minimumAgeOf, resultOf, wholeYears } from './result.ts';
import { effectsOf, type LinkingOutcome } from './session-effects.ts';
import type { VerificationContent } from './verification-content.ts';

const CONFIG = {
  ...{ factors: [], schemas: new Map(), defaultSchemaId: 'default', verification: DEFAULT_VERIFICATION },
} as unknown as PoolConfig;
const AT = new Date('2026-05-02T10:00:00.000Z');
const ID = '01900000-0000-7000-8000-000000000001' as VerificationId;
const CONTENT: VerificationContent = { format: 1, metadata: {}, country: 'DE' };
const FINDINGS: Findings = {
  faceMatch: { score: 0.5, strictness: 'strict' },
  extracted: new Map([
    ['given_name', 'Ada'],
    ['birthdate', '2000-05-02'],
    ['document_number', 'X1'],
  ]),
  document: { type: 'passport', expirationDate: '2030-01-01' },
  rejectionReason: 'The document is not theirs.',
  processingMode: 'automatic',
};

function end(
  outcome: LinkingOutcome,
  record: { attributes?: Profile['attributes']; standing?: Standing },
  isFirst = true,
) {
  const profile = { ...EMPTY_PROFILE, attributes: record.attributes ?? {} };
  const before = { schemaId: 'default', profile, standing: record.standing ?? {} };
  const result =
    outcome === 'failed'
      ? null
      : resultOf(FINDINGS, { status: outcome, content: CONTENT, known: () => null, at: AT });
  return effectsOf(CONFIG, before, { id: ID, outcome, result, at: AT, isFirst }, () => 'vid');
}

test('an approval replaces what was known by what was read, and confirms it', () => {
  const { profile, standing, fields } = end('approved', { attributes: { document_number: 'old', ssn: '1' } });
  assert.deepEqual(profile.attributes, {
    ...{ given_name: 'Ada', birthdate: '2000-05-02', document_number: 'X1', ssn: '1' },
  });
  assert.deepEqual(profile.latestResult, {
    ...{ faceMatchPassed: true, ageCheckPassed: null, extractedAge: 26, rejectionReason: null },
    document: FINDINGS.document,
  });
  const at = AT.toISOString();
  assert.deepEqual(standing, {
    ...{ status: 'approved', sessions: 1, latestSessionId: ID, latestSessionEndedAt: at, country: 'DE' },
    ...{ firstVerifiedAt: at, lastVerifiedAt: at, confirmed: true },
  });
  for (const name of ['status', 'session_count', 'country', 'given_name', 'birthdate', 'document_number'])
    assert.ok(fields.includes(name), name);
  assert.ok(!fields.includes('rejection_reason'));
});

test('what is confirmed already stays as it is, and the rest is written', () => {
  const attributes = { given_name: 'Grace', birthdate: '1990-01-01', document_number: 'old' };
  const { profile } = end('approved', { attributes, standing: { confirmed: true } });
  assert.deepEqual(profile.attributes, { ...attributes, document_number: 'X1' });
});

test('a rejection fills in what was not known, replaces nothing and takes no confirmation back', () => {
  const standing: Standing = {
    ...{ confirmed: true, status: 'approved', sessions: 2 },
    ...{ firstVerifiedAt: 'first', lastVerifiedAt: 'last' },
  };
  const attributes = { given_name: 'Ada', birthdate: '2000-05-02' };
  const after = end('rejected', { attributes, standing });
  assert.deepEqual(after.profile.attributes, { ...attributes, document_number: 'X1' });
  assert.equal(after.profile.latestResult?.rejectionReason, FINDINGS.rejectionReason);
  const { confirmed, status, sessions, firstVerifiedAt, lastVerifiedAt } = after.standing;
  assert.deepEqual(
    { confirmed, status, sessions, firstVerifiedAt, lastVerifiedAt },
    { ...standing, status: 'rejected', sessions: 3 },
  );
  const known = { attributes: { ...attributes, document_number: 'old' } };
  assert.equal(end('rejected', known).profile.attributes.document_number, 'old');
});

test('a failure of the engine counts as a session and has no result', () => {
  const standing: Standing = { status: 'approved', sessions: 1, latestSessionId: 'before', country: 'FR' };
  const after = end('failed', { standing });
  assert.deepEqual(after.standing, { ...standing, status: 'failed', sessions: 2 });
  assert.equal(after.profile.latestResult, undefined);
  assert.deepEqual(after.fields, ['status', 'session_count']);
});

test('a session that is decided once more is not counted twice', () => {
  assert.equal(end('rejected', { standing: { sessions: 1 } }, false).standing.sessions, 1);
});

test('faces match from the threshold of the strictness on', () => {
  const passed = (score: number, strictness: 'standard' | 'strict' | 'very_strict') =>
    resultOf(
      { ...FINDINGS, faceMatch: { score, strictness } },
      { status: 'approved', content: CONTENT, known: () => null, at: AT },
    ).faceMatchPassed;
  assert.deepEqual([passed(0.35, 'standard'), passed(0.34, 'standard')], [true, false]);
  assert.deepEqual([passed(0.5, 'strict'), passed(0.49, 'strict')], [true, false]);
  assert.deepEqual([passed(0.6, 'very_strict'), passed(0.59, 'very_strict')], [true, false]);
});

test('ages are whole years, in UTC', () => {
  const at = (text: string) => new Date(text);
  assert.equal(wholeYears('2000-02-29', at('2018-02-28T23:59:59Z')), 17);
  assert.equal(wholeYears('2000-02-29', at('2018-03-01T00:00:00Z')), 18);
  assert.equal(wholeYears('2000-05-02', at('2000-05-02T00:00:00Z')), 0);
  assert.equal(wholeYears('2000-05-02', at('1999-05-02T00:00:00Z')), null);
});

test('a minimum age is asked for by a whole number and by nothing else', () => {
  assert.equal(minimumAgeOf({ minimum_age: 18 }), 18);
  for (const checks of [undefined, null, ['minimum_age'], {}, { minimum_age: '18' }, 18])
    assert.equal(minimumAgeOf(checks), null);
});
