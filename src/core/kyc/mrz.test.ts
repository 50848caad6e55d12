import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchGender } from './gender-match.ts';
import { matchBirthday, resolveBirth, resolveExpiry } from './mrz-dates.ts';
import { checkDigit } from './mrz-digits.ts';
import { readNames } from './mrz-names.ts';
import { parseMrz } from './parse-mrz.ts';

/** Vectors of contract kyc 4.5 (ICAO Doc 9303, appendices of parts 4 to 6). */
const TD3 = ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'];
const TD1 = [
  'I<UTOD231458907<<<<<<<<<<<<<<<',
  '7408122F1204159UTO<<<<<<<<<<<6',
  'ERIKSSON<<ANNA<MARIA<<<<<<<<<<',
];
const TD2 = ['I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'D231458907UTO7408122F1204159<<<<<<<6'];
const TODAY = { year: 2026, month: 11, day: 21 };

const SHARED = {
  issuer: 'UTO',
  nationality: 'UTO',
  birth: '740812',
  sex: 'female',
  expiry: '120415',
  names: { primary: ['ERIKSSON'], secondary: ['ANNA', 'MARIA'], isTruncated: false },
  wrongDigits: [],
} as const;

test('kyc 67 the vector of TD3 is read whole, with all digits valid', () => {
  assert.deepEqual(parseMrz(TD3), {
    ...{ ...SHARED, format: 'TD3', documentCode: 'P', documentNumber: 'L898902C3', optional: ['ZE184226B'] },
  });
});

test('kyc 67 the vector of TD2 is read whole, with all digits valid', () => {
  assert.deepEqual(parseMrz(TD2), {
    ...{ ...SHARED, format: 'TD2', documentCode: 'I', documentNumber: 'D23145890', optional: [''] },
  });
});

test('kyc 67 the vector of TD1 is read whole, with all digits valid', () => {
  assert.deepEqual(parseMrz(TD1), {
    ...{ ...SHARED, format: 'TD1', documentCode: 'I', documentNumber: 'D23145890', optional: ['', ''] },
  });
});

/** Line, first and last position of each checked field with its digit, from zero. */
const CHECKED: [string, readonly string[], [number, number, number][]][] = [
  [
    'TD3',
    TD3,
    [
      [1, 0, 9],
      [1, 13, 19],
      [1, 21, 27],
      [1, 28, 43],
    ],
  ],
  [
    'TD2',
    TD2,
    [
      [1, 0, 9],
      [1, 13, 19],
      [1, 21, 27],
      [1, 28, 35],
    ],
  ],
  [
    'TD1',
    TD1,
    [
      [0, 5, 29],
      [1, 0, 6],
      [1, 8, 14],
      [1, 18, 29],
    ],
  ],
];

for (const [format, lines, fields] of CHECKED) {
  test(`kyc 67 any one digit of a checked field of ${format} replaced by another digit is invalid`, () => {
    let changes = 0;
    for (const [index, from, to] of fields) {
      for (let at = from; at <= to; at += 1) {
        const line = lines[index] ?? '';
        if (!/[0-9]/.test(line[at] ?? '')) continue;
        for (const digit of '0123456789') {
          if (digit === line[at]) continue;
          const zone = parseMrz(lines.with(index, line.slice(0, at) + digit + line.slice(at + 1)));
          assert.notDeepEqual(zone?.wrongDigits, [], `${at} → ${digit}`);
          changes += 1;
        }
      }
    }
    assert.ok(changes > 200, String(changes));
  });
}

test('kyc 67 in any field, any one digit replaced by another digit changes the check digit', () => {
  const characters = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<'];
  const field = fc.array(fc.constantFrom(...characters), { maxLength: 40 }).map((some) => some.join(''));
  const digit = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(field, field, digit, digit, (before, after, one, other) => {
      fc.pre(one !== other);
      assert.notEqual(checkDigit(before + one + after), checkDigit(before + other + after));
    }),
  );
});

test('kyc 67 swaps between values ten apart are not caught, as the contract says', () => {
  assert.equal(checkDigit('A12'), checkDigit('K12'));
  assert.equal(checkDigit('012'), checkDigit('A12'));
  assert.equal(checkDigit('a'), null);
});

test('kyc 67 each digit is named when it is wrong', () => {
  const wrong = (line: string): unknown => parseMrz([TD3[0] ?? '', line])?.wrongDigits;
  assert.deepEqual(wrong('L898902C37UTO7408122F1204159ZE184226B<<<<<10'), ['number', 'composite']);
  assert.deepEqual(wrong('L898902C36UTO7408123F1204159ZE184226B<<<<<10'), ['birth', 'composite']);
  assert.deepEqual(wrong('L898902C36UTO7408122F1204158ZE184226B<<<<<10'), ['expiry', 'composite']);
  assert.deepEqual(wrong('L898902C36UTO7408122F1204159ZE184226B<<<<<20'), ['personal', 'composite']);
  assert.deepEqual(wrong('L898902C36UTO7408122F1204159ZE184226B<<<<<11'), ['composite']);
});

test('kyc 67 an empty personal number has the digit 0 or a filler', () => {
  for (const digit of ['0', '<']) {
    const composite = checkDigit(`L898902C3674081221204159${'<'.repeat(14)}${digit}`);
    const line = `L898902C36UTO7408122F1204159${'<'.repeat(14)}${digit}${composite}`;
    assert.deepEqual(parseMrz([TD3[0] ?? '', line])?.wrongDigits, []);
  }
});

test('kyc 67 a number of more than nine characters goes on in the optional field of TD1', () => {
  // ICAO Doc 9303 part 5, note j: the number D23145890734, its digit 9.
  const lines = [
    'I<UTOD23145890<7349<<<<<<<<<<<',
    '3407127M9507122UTO<<<<<<<<<<<2',
    'STEVENSON<<PETER<JOHN<<<<<<<<<',
  ];
  assert.deepEqual(parseMrz(lines)?.documentNumber, 'D23145890734');
  assert.deepEqual(parseMrz(lines)?.wrongDigits, []);
});

test('kyc 67 lines of other lengths or with other characters are no zone, and nothing throws', () => {
  for (const lines of [
    [],
    [''],
    [TD3[0] ?? ''],
    [...TD3, TD3[0] ?? ''],
    TD3.map((line) => line.toLowerCase()),
  ])
    assert.equal(parseMrz(lines), null);
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 50 }), { maxLength: 4 }), (lines) => {
      parseMrz(lines);
    }),
  );
});

test('names: fillers between parts, two between family and given names, truncation at the last position', () => {
  assert.deepEqual(readNames('VAN<DER<MULLEN<<MARIA<<<<<<'), {
    ...{ primary: ['VAN', 'DER', 'MULLEN'], secondary: ['MARIA'], isTruncated: false },
  });
  assert.deepEqual(readNames('ARKFREITH<<<<<<'), {
    primary: ['ARKFREITH'],
    secondary: [],
    isTruncated: false,
  });
  assert.deepEqual(readNames('NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K'), {
    ...{ primary: ['NILAVADHANANANDA'], secondary: ['CHAYAPA', 'DEJTHAMRONG', 'K'], isTruncated: true },
  });
  assert.deepEqual(readNames(''), { primary: [], secondary: [], isTruncated: false });
});

test('a birth date is the latest past day of its two-digit year', () => {
  assert.deepEqual(resolveBirth('740812', TODAY), { year: 1974, month: 8, day: 12 });
  assert.deepEqual(resolveBirth('261121', TODAY), { year: 2026, month: 11, day: 21 });
  assert.deepEqual(resolveBirth('261122', TODAY), { year: 1926, month: 11, day: 22 });
  // 2000 was a leap year, 1900 was not.
  assert.deepEqual(resolveBirth('000229', TODAY), { year: 2000, month: 2, day: 29 });
  for (const text of ['010229', '741301', '740800', '7408<<', ''])
    assert.equal(resolveBirth(text, TODAY), null);
});

test('an expiry date may lie decades ahead, and otherwise in the past', () => {
  assert.deepEqual(resolveExpiry('120415', TODAY), { year: 2012, month: 4, day: 15 });
  assert.deepEqual(resolveExpiry('360101', TODAY), { year: 2036, month: 1, day: 1 });
  assert.deepEqual(resolveExpiry('960712', TODAY), { year: 1996, month: 7, day: 12 });
  assert.deepEqual(resolveExpiry('030101', { ...TODAY, year: 2098 }), { year: 2103, month: 1, day: 1 });
  assert.equal(resolveExpiry('129915', TODAY), null);
});

test('a birthday matches the same date, and what a zone does not know is not compared', () => {
  assert.equal(matchBirthday('740812', '1974-08-12', TODAY), true);
  assert.equal(matchBirthday('740812', '1974-08-13', TODAY), false);
  assert.equal(matchBirthday('740812', '2074-08-12', TODAY), false);
  assert.equal(matchBirthday('74<<<<', '1974-08-12', TODAY), true);
  assert.equal(matchBirthday('75<<<<', '1974-08-12', TODAY), false);
  assert.equal(matchBirthday('<<<<<<', '1974-08-12', TODAY), null);
});

test('a gender matches the same letter, and is skipped where either says nothing', () => {
  assert.equal(matchGender('female', 'female'), true);
  assert.equal(matchGender('female', 'male'), false);
  assert.equal(matchGender('undefined', 'male'), null);
  assert.equal(matchGender('male', 'undefined'), null);
  assert.equal(matchGender('male', null), null);
});
