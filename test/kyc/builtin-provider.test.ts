import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  CompanyFacts,
  DocumentSide,
  DocumentType,
  KycContext,
  KycDocument,
  KycReport,
  KycSubmission,
  PersonFacts,
} from '../../src/core/kyc/provider.ts';
import { createBuiltinProvider } from '../../src/providers/kyc-builtin/builtin-provider.ts';
import { inspectFile } from '../../src/providers/kyc-builtin/inspect-file.ts';
import type { ReadOutcome } from '../../src/providers/kyc-builtin/ocr/messages.ts';
import type { TextExtractor } from '../../src/providers/kyc-builtin/read-files.ts';
import { drawSpecimen, jpegOf, pngOf } from './specimen.ts';

const LINES = [
  'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<',
  'L898902C36UTO7408122F1204159ZE184226B<<<<<10',
];
const PERSON: PersonFacts = {
  type: 'person',
  name: 'Anna Maria Eriksson',
  birthday: '1974-08-12',
  gender: 'female',
  address: { country: 'PT', state: 'Braga' },
  tax: { country: 'PT', idNumber: '123456789', state: null },
};
const COMPANY: CompanyFacts = {
  ...PERSON,
  type: 'company',
  birthday: null,
  gender: null,
  ownerState: 'approved',
};

/** Files that differ in their bytes. */
let count = 0;
function png(): Buffer {
  count += 1;
  return pngOf(drawSpecimen([], { width: 60, paper: 200 + count }));
}
function document(
  type: DocumentType,
  side: DocumentSide = 'frontSide',
  bytes: Uint8Array | null = png(),
): KycDocument {
  return { id: `${type}-${side}`, type, side, extension: '.png', read: async () => bytes, link };
}
const link = async () => assert.fail('this provider reads files here');
const face = { extension: '.jpg', read: async () => jpegOf(drawSpecimen([], { width: 60 })), link };

function submission(changes: Partial<KycSubmission> = {}): KycSubmission {
  return {
    verificationId: '0190a1b2-0000-7000-8000-000000000001',
    revision: 1,
    subject: PERSON,
    documents: [document('passport'), document('utilityBill')],
    faceImages: [face],
    ...changes,
  };
}

/** The specimen is valid until 15 April 2012. */
function contextAt(day: string, isDocumentOfAnother: (digest: string) => boolean = () => false): KycContext {
  return {
    now: () => new Date(`${day}T12:00:00Z`),
    isDocumentOfAnother: async (digest) => isDocumentOfAnother(digest),
    report: async () => assert.fail('this provider answers at once'),
  };
}

const reads = (outcome: ReadOutcome): TextExtractor => ({ read: async () => outcome });
const SOUND = reads({ kind: 'zone', lines: LINES, isSound: true });

function submit(
  changes: Partial<KycSubmission> = {},
  options: {
    extractor?: TextExtractor | null;
    approveAutomatically?: boolean;
    context?: KycContext;
  } = {},
): Promise<KycReport> {
  const { extractor = SOUND, approveAutomatically = false, context = contextAt('2011-06-01') } = options;
  const provider = createBuiltinProvider({ operations: [], extractor, approveAutomatically });
  return provider.submit(submission(changes), context);
}

/** Reads a zone of these lines from pictures with these bytes, and nothing from others. */
function readsFrom(zones: ReadonlyMap<Uint8Array, readonly string[]>): TextExtractor {
  return {
    async read(_kind, file) {
      for (const [bytes, lines] of zones)
        if (Buffer.compare(bytes, file) === 0) return { kind: 'zone', lines, isSound: true };
      return { kind: 'none' };
    },
  };
}

const resultOf = ({ checks }: KycReport, code: string): string | undefined =>
  checks.find((one) => one.code === code)?.result;

test('kyc 65 without text extractor, all else passing: manual review, zone skipped, never approved', async () => {
  for (const approveAutomatically of [false, true]) {
    const report = await submit({}, { extractor: null, approveAutomatically });
    assert.equal(report.state, 'exception');
    assert.deepEqual(report.exceptions, ['manual_review_required']);
    for (const code of [
      'mrz_check_digits',
      'document_expiry',
      'name_match',
      'birthday_match',
      'gender_match',
    ])
      assert.equal(resultOf(report, code), 'skipped', code);
    assert.equal(report.risk, 'low');
    assert.equal(report.validUntil, null);
  }
});

test('kyc 65 with everything passed it still asks for a review, unless the operator said otherwise', async () => {
  const report = await submit();
  assert.equal(report.state, 'exception');
  assert.deepEqual(report.exceptions, ['manual_review_required']);
  assert.equal(resultOf(report, 'name_match'), 'passed');
  assert.equal(report.validUntil, '2012-04-15');
  const approved = await submit({}, { approveAutomatically: true });
  assert.equal(approved.state, 'approved');
  assert.deepEqual(approved.exceptions, []);
  assert.equal(approved.block, false);
});

test('kyc 65 what cannot be done offline is reported as skipped', async () => {
  const report = await submit();
  for (const code of [
    'document_authenticity',
    'face_match',
    'liveness',
    'sanctions_lists',
    'company_register',
  ])
    assert.equal(resultOf(report, code), 'skipped', code);
});

test('kyc 66 front and back of the same file: duplicate_document, high risk', async () => {
  const bytes = png();
  const documents = [
    document('identityCard', 'frontSide', bytes),
    document('identityCard', 'backSide', bytes),
    document('utilityBill'),
  ];
  const report = await submit({ documents });
  assert.equal(report.state, 'exception');
  assert.deepEqual(report.exceptions, ['duplicate_document']);
  assert.equal(report.risk, 'high');
});

test('kyc 66 a document that another identity of the application has is a duplicate too', async () => {
  const report = await submit(
    {},
    { context: contextAt('2011-06-01', () => true), approveAutomatically: true },
  );
  assert.deepEqual(
    [report.state, report.exceptions, report.risk],
    ['exception', ['duplicate_document'], 'high'],
  );
});

test('kyc 67 a zone whose digits disagree rejects, and nothing else is taken from it', async () => {
  const report = await submit({}, { extractor: reads({ kind: 'zone', lines: LINES, isSound: false }) });
  assert.equal(report.state, 'rejected');
  assert.deepEqual(report.exceptions, ['mrz_invalid']);
  assert.equal(report.risk, 'medium');
  assert.equal(resultOf(report, 'birthday_match'), 'skipped');
  assert.equal(report.validUntil, null);
});

test('kyc 68 tax ids: valid, invalid, and skipped for a country without a rule', async () => {
  const withTax = (country: string, idNumber: string) =>
    submit({ subject: { ...PERSON, tax: { country, idNumber, state: null } } });
  assert.equal(resultOf(await withTax('DE', '36574261809'), 'tax_id_format'), 'passed');
  const invalid = await withTax('PT', '1111111111');
  assert.deepEqual(
    [invalid.state, invalid.exceptions, invalid.risk],
    ['exception', ['invalid_tax_id'], 'medium'],
  );
  const unknown = await withTax('JP', 'whatever');
  assert.equal(resultOf(unknown, 'tax_id_format'), 'skipped');
  assert.deepEqual(unknown.exceptions, ['manual_review_required']);
});

test('kyc 69 a company whose owner is not approved is an exception', async () => {
  const documents = [document('other')];
  for (const ownerState of ['pending', 'exception', 'rejected', 'expired', null] as const) {
    const report = await submit(
      { subject: { ...COMPANY, ownerState }, documents, faceImages: [] },
      { approveAutomatically: true },
    );
    assert.deepEqual([report.state, report.exceptions], ['exception', ['owner_not_verified']]);
  }
  const report = await submit({ subject: COMPANY, documents, faceImages: [] });
  assert.deepEqual(
    [report.state, report.exceptions, report.risk],
    ['exception', ['manual_review_required'], 'low'],
  );
  assert.equal(resultOf(report, 'age'), 'skipped');
});

test('a rejecting failure wins over exceptions; all codes are listed, sorted, each once', async () => {
  const subject: PersonFacts = {
    ...PERSON,
    name: 'Somebody Else',
    birthday: '2010-01-01',
    gender: 'male',
    address: { country: 'US', state: 'Braga' },
    tax: { country: 'US', idNumber: '000121234', state: 'ZZ' },
  };
  const report = await submit(
    { subject, documents: [document('passport')], faceImages: [] },
    { context: contextAt('2026-11-21') },
  );
  assert.equal(report.state, 'rejected');
  assert.deepEqual(report.exceptions, [
    ...['age_out_of_range', 'birthday_mismatch', 'expired_document', 'gender_mismatch', 'invalid_state'],
    ...['invalid_tax_id', 'missing_document', 'missing_face_image', 'name_mismatch'],
  ]);
  assert.equal(report.risk, 'high');
});

test('a document holds on its last day, and no longer', async () => {
  const lastDay = await submit({}, { context: contextAt('2012-04-15') });
  assert.equal(resultOf(lastDay, 'document_expiry'), 'passed');
  const dayAfter = await submit({}, { context: contextAt('2012-04-16') });
  assert.deepEqual(dayAfter.exceptions, ['expired_document']);
});

test('a file that is missing, hostile or cannot be decoded is unreadable_document', async () => {
  const files: [Uint8Array | null, ReadOutcome][] = [
    [null, { kind: 'none' }],
    [Buffer.alloc(0), { kind: 'none' }],
    [Buffer.from('GIF89a'), { kind: 'none' }],
    ...(['undecodable', 'time', 'memory'] as const).map((reason): [Uint8Array, ReadOutcome] => [
      png(),
      { kind: 'unreadable', reason },
    ]),
  ];
  for (const [bytes, outcome] of files) {
    const documents = [document('passport', 'frontSide', bytes), document('utilityBill')];
    const report = await submit({ documents }, { extractor: reads(outcome), approveAutomatically: true });
    assert.deepEqual([report.state, report.exceptions], ['exception', ['unreadable_document']]);
    assert.equal(report.risk, 'medium');
  }
});

test('what a storage or a full queue throws stays an error, so that the case is tried again', async () => {
  const failing = { ...document('passport'), read: () => Promise.reject(new Error('storage')) };
  await assert.rejects(submit({ documents: [failing] }), /storage/);
  const busy: TextExtractor = { read: () => Promise.reject(new Error('busy')) };
  await assert.rejects(submit({}, { extractor: busy }), /busy/);
});

test('a report holds nothing of a person, and the same submission gets the same report', async () => {
  const report = await submit();
  assert.deepEqual(await submit(), report);
  for (const secret of ['ERIKSSON', 'Eriksson', '740812', '1974', 'L898902C', '123456789'])
    assert.ok(!JSON.stringify(report).includes(secret), secret);
});

test('the pictures of these tests are what they say', () => {
  assert.equal(inspectFile(png(), '.png').kind, 'png');
});

test('a newer document of the same type and side replaces the zone of the older one, and nothing else', async () => {
  const RENEWED = [LINES[0] ?? '', 'L898902C36UTO7408122F2204156ZE184226B<<<<<18'];
  const [old, renewed, card] = [png(), png(), png()];
  const documents = [document('passport', 'frontSide', old), document('utilityBill')];
  const context = contextAt('2013-01-01');
  const extractor = readsFrom(
    new Map([old, renewed, card].map((bytes) => [bytes, bytes === old ? LINES : RENEWED])),
  );
  const expired = await submit({ documents }, { extractor, context });
  assert.deepEqual(expired.exceptions, ['expired_document']);

  const both = [...documents, document('passport', 'frontSide', renewed)];
  const after = await submit({ documents: both }, { extractor, context, approveAutomatically: true });
  assert.deepEqual([after.state, after.validUntil], ['approved', '2022-04-15']);
  const unread = [...both, document('passport')];
  const later = await submit({ documents: unread }, { extractor, context, approveAutomatically: true });
  assert.equal(later.state, 'approved', 'a picture without a zone replaces none');

  const other = [...documents, document('identityCard', 'frontSide', card)];
  assert.deepEqual((await submit({ documents: other }, { extractor, context })).exceptions, [
    'expired_document',
  ]);
  const broken = [document('passport', 'frontSide', Buffer.from('GIF89a')), ...both];
  assert.deepEqual((await submit({ documents: broken }, { extractor, context })).exceptions, [
    'unreadable_document',
  ]);
});

test('of many pictures twenty are searched for a zone, the newest', async () => {
  const documents = Array.from({ length: 100 }, () => document('passport'));
  const newest = await Promise.all(documents.slice(-20).map(({ read }) => read()));
  const searched: Uint8Array[] = [];
  const extractor: TextExtractor = {
    async read(_kind, file) {
      searched.push(file);
      return { kind: 'none' };
    },
  };
  const report = await submit({ documents: [...documents, document('utilityBill')] }, { extractor });
  assert.deepEqual(searched, newest.toReversed());
  assert.equal(resultOf(report, 'file_readable'), 'passed');
});
