import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageProblem } from './age.ts';
import { parseDay } from './dates.ts';
import { readNames } from './mrz-names.ts';
import { matchNames } from './name-match.ts';
import { areDistinct, hasNeededDocuments } from './needed-documents.ts';
import type { DocumentSide, DocumentType } from './provider.ts';
import { hasUsState } from './us-state.ts';

const at = (day: string): Date => new Date(`${day}T23:59:59.999Z`);

test('age: from the 18th birthday to the last day of age 99, both included', () => {
  const now = at('2026-11-21');
  assert.equal(ageProblem('2008-11-21', now), null);
  assert.equal(ageProblem('2008-11-22', now), 'min_age');
  assert.equal(ageProblem('1926-11-22', now), null);
  assert.equal(ageProblem('1926-11-21', now), 'max_age');
  assert.equal(ageProblem('2030-01-01', now), 'min_age');
});

test('age: who was born on 29 February has the birthday on 1 March in common years', () => {
  assert.equal(ageProblem('2008-02-29', at('2026-02-28')), 'min_age');
  assert.equal(ageProblem('2008-02-29', at('2026-03-01')), null);
  assert.equal(ageProblem('1928-02-29', at('2028-02-28')), null);
  assert.equal(ageProblem('1928-02-29', at('2028-02-29')), 'max_age');
});

test('a day is a day of the calendar, without a time', () => {
  for (const text of ['2001-02-30', '2001-2-3', '2001-02-03T00:00:00Z', '1900-02-29', '2001-13-01', ''])
    assert.equal(parseDay(text), null, text);
  assert.deepEqual(parseDay('2000-02-29'), { year: 2000, month: 2, day: 29 });
});

test('a state of the United States is a code of a state, the district or a territory', () => {
  for (const state of ['WA', 'DC', 'PR', 'GU', 'VI', 'AS', 'MP', ' ny ', 'ca'])
    assert.equal(hasUsState({ country: 'US', state }), true, state);
  for (const state of ['Washington', 'ZZ', '', null, 'W', 'US-WA'])
    assert.equal(hasUsState({ country: 'US', state }), false, String(state));
  assert.equal(hasUsState({ country: 'PT', state: 'Braga' }), null);
});

const paper = (type: DocumentType, side: DocumentSide = 'frontSide') => ({ type, side });

test('documents: a passport front or both sides of one card, and a proof of address', () => {
  const bill = paper('utilityBill');
  assert.equal(hasNeededDocuments('person', [paper('passport'), bill]), true);
  assert.equal(hasNeededDocuments('person', [paper('passport', 'backSide'), bill]), false);
  assert.equal(hasNeededDocuments('person', [paper('passport')]), false);
  for (const type of ['identityCard', 'driverLicense', 'residencePermit'] as const) {
    assert.equal(hasNeededDocuments('person', [paper(type), paper(type, 'backSide'), bill]), true);
    assert.equal(hasNeededDocuments('person', [paper(type), bill]), false);
  }
  const mixed = [paper('identityCard'), paper('driverLicense', 'backSide'), bill];
  assert.equal(hasNeededDocuments('person', mixed), false);
  assert.equal(hasNeededDocuments('company', [paper('other')]), true);
  assert.equal(hasNeededDocuments('company', [paper('passport'), bill]), false);
});

test('kyc 66 front and back of the same bytes are not distinct', () => {
  assert.equal(areDistinct(['a', 'a']), false);
  assert.equal(areDistinct(['a', 'b']), true);
  assert.equal(areDistinct([]), true);
});

const matches = (field: string, name: string): boolean | null => matchNames(readNames(field), name);

test('names match in any order, upper-cased, with parts of the name missing from the zone', () => {
  assert.equal(matches('ERIKSSON<<ANNA<MARIA<<<', 'Anna Maria Eriksson'), true);
  assert.equal(matches('ERIKSSON<<ANNA<<<', 'Eriksson, Anna Maria'), true);
  assert.equal(matches('ERIKSSON<<ANNA<MARIA<<<', 'Anna Eriksson'), false);
  assert.equal(matches('ERIKSSON<<ANNA<<<', 'Anna Eriksen'), false);
  assert.equal(matches('O<CONNOR<<SEAN<<', "Seán O'Connor"), true);
  assert.equal(matches('OCONNOR<<SEAN<<', 'Seán O’Connor'), true);
  assert.equal(matches('SMITH<JONES<<MARY<<', 'Mary Smith-Jones'), true);
});

test('accents are either dropped or transliterated as on documents', () => {
  for (const zone of ['MUELLER<<JUERGEN<<', 'MULLER<<JURGEN<<', 'MUELLER<<JURGEN<<', 'MUXXLLER<<JURGEN<<'])
    assert.equal(matches(zone, 'Jürgen Müller'), true, zone);
  assert.equal(matches('MILLER<<JURGEN<<', 'Jürgen Müller'), false);
  // Decomposed letters are the same letters.
  assert.equal(matches('MUELLER<<JURGEN<<', 'Jürgen Müller'.normalize('NFD')), true);
  const pairs = [
    ['WEISS<<INGRID<<', 'Ingrid Weiß'],
    ['SOERENSEN<<AASE<<', 'Åse Sørensen'],
    ['SORENSEN<<ASE<<', 'Åse Sørensen'],
    ['MUNOZ<<JOSE<<', 'José Muñoz'],
    ['WALESA<<LECH<<', 'Lech Wałęsa'],
    ['THORSDOTTIR<<AESA<<', 'Æsa Þórsdóttir'],
    ['YILMAZ<<ISIK<<', 'Işık Yılmaz'],
    ['DJOKOVIC<<NOVAK<<', 'Novak Djoković'],
    ['CEAUSU<<STEFAN<<', 'Ștefan Ceaușu'],
  ] as const;
  for (const [zone, name] of pairs) assert.equal(matches(zone, name), true, name);
});

test('a zone that is filled to its last position is compared as prefixes', () => {
  const name = 'Chayapa Dejthamrong Krasuang Nilavadhanananda';
  assert.equal(matches('NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K', name), true);
  assert.equal(matches('NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<X', name), false);
  assert.equal(matches('NILAVADH<<CHAYAPA<<', name), false);
  assert.equal(matches('MUE<<JUERG', 'Jürgen Müller'), true);
  assert.equal(matches('MU<<JURGENU', 'Jürgen Müller'), false);
});

test('names of another script, or a zone without names, cannot be compared', () => {
  assert.equal(matches('IVANOV<<IVAN<<', 'Иван Иванов'), null);
  assert.equal(matches('<<<<<<', 'Anna'), null);
  assert.equal(matches('ERIKSSON<<', ' '), null);
});
