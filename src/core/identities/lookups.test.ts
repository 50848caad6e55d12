import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOOKUP_KINDS, type LookupKind, lookupForm } from './lookups.ts';

const form = (kind: LookupKind, values: Record<string, string>) =>
  lookupForm(kind, (name) => values[name] ?? null);

describe('normal forms of look-ups', () => {
  it('makes equal what people write differently', () => {
    const same = (kind: LookupKind, attribute: string, ...texts: string[]) => {
      const forms = new Set(texts.map((text) => form(kind, { [attribute]: text })));
      assert.equal(forms.size, 1, `${kind}: ${[...forms].join(' | ')}`);
      assert.ok(!forms.has(null));
    };
    same('email', 'email', 'Ada@Example.com', ' ada@example.com ', 'ADA@EXAMPLE.COM');
    same('email', 'email', 'odd..one@local', 'ODD..ONE@local');
    same('phone_number', 'phone_number', '+1 (555) 010-9999', '5550109999', '1.555.010.9999');
    same('document_number', 'document_number', 'x-12 3', 'X123', 'x 1 2 3');
    same('ssn', 'ssn', '123-45-6789', '123456789');
    same('locality', 'address.locality', ' New   York', 'new york');
    same('region', 'address.region', 'CA', 'ca ');
    same('postal_code', 'address.postal_code', 'AB1 2CD', 'ab12cd');
  });

  it('needs both names and the birth date, and keeps them apart', () => {
    const whole = { given_name: 'Ada', family_name: 'Love lace', birthdate: '1990-02-03' };
    assert.equal(form('name_birthdate', whole), 'ada\u001flove lace\u001f1990-02-03');
    assert.notEqual(
      form('name_birthdate', { ...whole, given_name: 'Ada Love', family_name: 'lace' }),
      form('name_birthdate', whole),
    );
    for (const missing of ['given_name', 'family_name', 'birthdate'])
      assert.equal(form('name_birthdate', { ...whole, [missing]: '' }), null);
  });

  it('has no form for nothing', () => {
    for (const kind of LOOKUP_KINDS) assert.equal(form(kind, {}), null);
    assert.equal(form('ssn', { ssn: '--' }), null);
    assert.equal(form('document_number', { document_number: ' - ' }), null);
  });
});
