import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTaxId, normaliseTaxId, TAX_ID_COUNTRIES } from './tax-id.ts';

type Holder = 'person' | 'company';
const P: readonly Holder[] = ['person'];
const C: readonly Holder[] = ['company'];
const BOTH: readonly Holder[] = ['person', 'company'];

/** The table of contract kyc 4.5. */
const CONTRACT: Record<
  string,
  { valid: [readonly Holder[], string][]; invalid: [readonly Holder[], string][] }
> = {
  PT: { valid: [[BOTH, '123456789']], invalid: [[BOTH, '1111111111']] },
  ES: {
    valid: [
      [P, '12345678Z'],
      [P, 'X1234567L'],
      [C, 'A58818501'],
    ],
    invalid: [[P, '12345678A']],
  },
  FR: {
    valid: [
      [P, '3023217600053'],
      [C, '552008443'],
    ],
    invalid: [[P, '3023217600054']],
  },
  DE: {
    valid: [
      [P, '36574261809'],
      [P, '86095742719'],
    ],
    invalid: [[P, '36574261800']],
  },
  IT: {
    valid: [
      [P, 'RSSMRA85T10A562S'],
      [C, '00743110157'],
    ],
    invalid: [[P, 'RSSMRA85T10A562A']],
  },
  NL: { valid: [[P, '111222333']], invalid: [[P, '111222334']] },
  BE: { valid: [[P, '85073003328']], invalid: [[P, '85073003329']] },
  PL: {
    valid: [
      [P, '44051401359'],
      [C, '8567346215'],
    ],
    invalid: [[P, '44051401358']],
  },
  GB: { valid: [[BOTH, '1955839661']], invalid: [[BOTH, '2955839661']] },
  IE: { valid: [[P, '6433435F']], invalid: [[P, '6433435E']] },
  BR: {
    valid: [
      [P, '52998224725'],
      [C, '11222333000181'],
    ],
    invalid: [
      [P, '52998224726'],
      [P, '11111111111'],
    ],
  },
  US: { valid: [[BOTH, '536904399']], invalid: [[P, '000121234']] },
  CA: { valid: [[P, '046454286']], invalid: [[P, '046454287']] },
  AU: { valid: [[BOTH, '123456782']], invalid: [[BOTH, '123456789']] },
};

for (const [country, { valid, invalid }] of Object.entries(CONTRACT)) {
  test(`kyc 68 tax ids of ${country}: valid and invalid as listed`, () => {
    for (const [holders, text] of valid)
      for (const holder of holders) assert.equal(isTaxId(country, holder, text), true, `${holder} ${text}`);
    for (const [holders, text] of invalid)
      for (const holder of holders) assert.equal(isTaxId(country, holder, text), false, `${holder} ${text}`);
  });
}

test('kyc 68 every country of the table has rules, and no other', () => {
  assert.deepEqual(TAX_ID_COUNTRIES, Object.keys(CONTRACT).sort());
});

test('kyc 68 a country that is not in the table, or a kind of holder there, is skipped', () => {
  for (const country of ['JP', 'CH', 'XX', '', 'toString', '__proto__'])
    for (const holder of BOTH) assert.equal(isTaxId(country, holder, '123456789'), null);
  for (const country of ['DE', 'NL', 'BE', 'IE', 'CA'])
    assert.equal(isTaxId(country, 'company', '123456789'), null, country);
});

/** Numbers published as examples by the authorities or in their test suites. */
const FURTHER: [string, Holder, string, boolean][] = [
  ['PT', 'company', '501964843', true],
  ['PT', 'person', '501964842', false],
  ['ES', 'person', '54362315K', true],
  ['ES', 'person', 'X2482300W', true],
  ['ES', 'person', 'X2482300A', false],
  ['ES', 'company', 'J99216582', true],
  ['ES', 'company', 'J99216583', false],
  ['FR', 'company', '404833048', true],
  ['FR', 'company', '404833047', false],
  ['DE', 'person', '00574261809', false],
  ['IT', 'person', 'MRTMTT91D08F205J', true],
  ['IT', 'company', '00743110158', false],
  ['BE', 'person', '17073003384', true],
  ['PL', 'company', '8567346216', false],
  ['GB', 'person', 'AB123456C', true],
  ['GB', 'company', 'AB123456C', false],
  ['GB', 'person', 'BG123456C', false],
  ['GB', 'person', 'DA123456C', false],
  ['IE', 'person', '6433435OA', true],
  ['IE', 'person', '6433435IH', true],
  ['BR', 'person', '39053344705', true],
  ['BR', 'company', '16727230000197', true],
  ['BR', 'company', '16727230000198', false],
  ['US', 'person', '666121234', false],
  ['US', 'person', '912701234', true],
  ['US', 'person', '912931234', false],
  ['US', 'person', '536001234', false],
  ['US', 'person', '536900000', false],
  ['US', 'company', '071234567', false],
  ['CA', 'person', '123456782', true],
  ['AU', 'person', '876543210', true],
];

test('kyc 68 further published numbers', () => {
  for (const [country, holder, text, expected] of FURTHER)
    assert.equal(isTaxId(country, holder, text), expected, `${country} ${holder} ${text}`);
});

test('kyc 68 spaces, dots, slashes, hyphens and letter case do not count', () => {
  assert.equal(normaliseTaxId(' rss mra.85/t10-a562s '), 'RSSMRA85T10A562S');
  assert.equal(isTaxId('BR', 'person', '529.982.247-25'), true);
  assert.equal(isTaxId('BR', 'company', '11.222.333/0001-81'), true);
  assert.equal(isTaxId('IT', 'person', 'rss mra 85t10 a562s'), true);
});

test('kyc 68 nothing but the ASCII digits counts, and no text breaks a rule', () => {
  for (const country of TAX_ID_COUNTRIES)
    for (const holder of BOTH)
      for (const text of ['', '-', '１２３４５６７８９', '000000000', 'x'.repeat(10_000), '\u0000'])
        assert.notEqual(isTaxId(country, holder, text), true, `${country} ${text.slice(0, 12)}`);
});
