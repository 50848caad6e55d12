import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineFactors, type FactorDefinitionInput, findBreakage } from './ruleset.ts';

const define = (...input: FactorDefinitionInput[]) => defineFactors(input).factors;
const email: FactorDefinitionInput = { name: 'email', type: 'email' };
const backup: FactorDefinitionInput = { name: 'backup', type: 'email', identifier: false };

describe('defining factors', () => {
  it('fills what is left out by type', () => {
    const [mail, code] = define(email, { name: 'code', type: 'magic_code' });
    assert.deepEqual(mail, {
      ...{ name: 'email', type: 'email', identifier: true, persistent: true, required: false },
      ...{ claim: null, attribute: null },
    });
    assert.deepEqual([code?.identifier, code?.persistent], [false, false]);
  });

  it('reports every problem with its place', () => {
    const { problems } = defineFactors([
      { ...email, attribute: 'email' },
      { name: 'email', type: 'email', attribute: 'email' },
      { name: 'pw', type: 'password', identifier: true },
      { name: 'user', type: 'username', attribute: 'email' },
    ]);
    assert.deepEqual(
      problems.map(({ path }) => path.join('.')),
      ['factors.1.name', 'factors.1.attribute', 'factors.2.identifier', 'factors.3.attribute'],
    );
  });
});

describe('changing definitions under identities', () => {
  const use = (extant: number, counts: Record<string, number>) => ({
    extant,
    byName: new Map(Object.entries(counts)),
  });
  const both = define(email, backup);

  it('a factor in use can be neither dropped nor turned into another', () => {
    const inUse = use(2, { email: 2, backup: 1 });
    assert.match(findBreakage(both, define(email), inUse) ?? '', /backup/);
    assert.match(findBreakage(both, define(email, { ...backup, type: 'username' }), inUse) ?? '', /type/);
    assert.match(
      findBreakage(both, define(email, { ...backup, identifier: true }), inUse) ?? '',
      /identifies/,
    );
    assert.match(
      findBreakage(both, define({ ...email, attribute: 'email' }, backup), inUse) ?? '',
      /identifies/,
    );
  });

  it('a factor that nobody has can be dropped', () => {
    assert.equal(findBreakage(both, define(email), use(2, { email: 2 })), null);
  });

  it('a factor becomes required only when everybody has it', () => {
    const required = define(email, { ...backup, required: true });
    assert.match(findBreakage(both, required, use(2, { email: 2, backup: 1 })) ?? '', /required/);
    assert.equal(findBreakage(both, required, use(2, { email: 2, backup: 2 })), null);
  });

  it('a first identifying factor is refused while identities exist', () => {
    const none = define(backup);
    assert.notEqual(findBreakage(none, define(backup, email), use(1, {})), null);
    assert.equal(findBreakage(none, define(backup, email), use(0, {})), null);
  });

  it('order, claims and persistence may change at any time', () => {
    const after = define({ ...backup, claim: 'recovery' }, { ...email, persistent: false });
    assert.equal(findBreakage(both, after, use(5, { email: 5, backup: 5 })), null);
  });
});
