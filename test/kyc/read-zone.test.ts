import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { inspectFile } from '../../src/providers/kyc-builtin/inspect-file.ts';
import { correctLines } from '../../src/providers/kyc-builtin/ocr/correct-lines.ts';
import { OcrPool } from '../../src/providers/kyc-builtin/ocr/pool.ts';
import { drawSpecimen, jpegOf, pngOf, type SpecimenOptions } from './specimen.ts';

const TD3 = ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'];
const TD1 = [
  'I<UTOD231458907<<<<<<<<<<<<<<<',
  '7408122F1204159UTO<<<<<<<<<<<6',
  'ERIKSSON<<ANNA<MARIA<<<<<<<<<<',
];
const TD2 = ['I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'D231458907UTO7408122F1204159<<<<<<<6'];

// A busy machine is no reason for these to fail; limits have tests of their own.
const pool = new OcrPool({ timeLimitMs: 120_000 });
after(() => pool.close());

const SPECIMENS: [string, readonly string[], 'jpeg' | 'png', SpecimenOptions][] = [
  ['a passport', TD3, 'png', {}],
  ['a passport, as JPEG', TD3, 'jpeg', {}],
  ['a card of size TD1', TD1, 'png', {}],
  ['a card of size TD2', TD2, 'png', {}],
  ['a passport, turned by 90 degrees', TD3, 'png', { turn: 90 }],
  ['a passport, upside down', TD3, 'jpeg', { turn: 180 }],
  ['a passport, turned by 270 degrees', TD3, 'png', { turn: 270 }],
  ['a noisy passport', TD3, 'png', { noise: 30 }],
  ['a tilted passport', TD3, 'png', { tilt: 3 }],
  ['a passport on a patterned ground', TD3, 'png', { hasGround: true }],
  ['a passport that fills two thirds of the picture', TD3, 'png', { margin: 0.25 }],
  ['a pale passport', TD3, 'png', { paper: 170, ink: 95 }],
];

for (const [name, lines, kind, options] of SPECIMENS) {
  test(`the whole zone is read from a picture: ${name}`, async () => {
    const picture = drawSpecimen(lines, options);
    const file = kind === 'png' ? pngOf(picture) : jpegOf(picture);
    const { width, height } = picture;
    assert.deepEqual(inspectFile(file, `.${kind}`), { kind, width, height });
    assert.deepEqual(await pool.read(kind, file), { kind: 'zone', lines, isSound: true });
  });
}

test('a zone whose digits disagree is never taken for a sound one', async () => {
  const forged = TD3.map((line) => line.replace('7408122F', '7408192F'));
  const outcome = await pool.read('png', pngOf(drawSpecimen(forged)));
  assert.ok(outcome.kind === 'none' || (outcome.kind === 'zone' && !outcome.isSound), outcome.kind);
});

test('a picture without a zone has none', async () => {
  assert.deepEqual(await pool.read('png', pngOf(drawSpecimen([]))), { kind: 'none' });
});

const corrected = (lines: readonly string[]): unknown => correctLines(lines).map((one) => one.lines);

test('look-alikes are corrected only where the position leaves one choice', () => {
  const [top = '', line = ''] = TD3;
  const read = [top.replace('ERIKSSON', 'ER1K550N'), line.replace('UTO7408122F', 'UT074O8I22F')];
  assert.deepEqual(corrected(read), [TD3]);
  // In a document's number both are possible, so that it stays as read.
  const number = [top, line.replace('L898902C3', 'L89890ZC3')];
  assert.deepEqual(corrected(number), [number]);
});

test('behind three fillers in a name there are only fillers, and the length says how many', () => {
  const [top = '', line = ''] = TD3;
  assert.deepEqual(corrected([`${top.slice(0, 30)}K<<CK<<<<<<<<<`, line]), [TD3]);
  assert.deepEqual(corrected([top.slice(0, 42), line]), [TD3]);
  assert.deepEqual(corrected([`${top}<`, line.replace('<<<<<', '<<<<')]), [TD3]);
  assert.deepEqual(
    [TD3, [`${top}<`, line]].map((lines) => correctLines(lines).map(({ isExact }) => isExact)),
    [[true], [false]],
  );
  // No letter is invented, and none dropped.
  assert.deepEqual(corrected(['P<UTOERIKSSON<<ANNA', line]), []);
});
