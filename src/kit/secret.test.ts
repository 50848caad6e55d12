import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { Secret } from './secret.ts';

test('a secret is shown by nothing but reveal', () => {
  const secret = new Secret('hunter2');
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
    Object.values(secret).join(),
    Object.getOwnPropertyNames(secret).join(),
  ];
  for (const text of shown) assert.doesNotMatch(text, /hunter2/);
  assert.equal(secret.reveal(), 'hunter2');
});

test('a frozen secret still reveals', () => {
  assert.equal(Object.freeze(new Secret('x')).reveal(), 'x');
});
