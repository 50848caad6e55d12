import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldProblem } from '../errors.ts';
import { readProvider } from './read-provider.ts';

const ISSUER = 'https://acme.example';

function problemsOf(name: string, document: object): string[] {
  const problems: FieldProblem[] = [];
  readProvider(name, document, { allowsHttp: false, problems });
  return problems.map(({ path, code }) => `${path.join('.')} ${code}`);
}

for (const name of ['authZero', 'acme'])
  test(`${name} says who its tokens must be meant for, unless it is asked about each`, () => {
    const missing = [`providers.${name}.audience required`];
    assert.deepEqual(problemsOf(name, { issuer: ISSUER }), missing);
    assert.deepEqual(problemsOf(name, { issuer: ISSUER, validation: 'jwks' }), missing);
    assert.deepEqual(problemsOf(name, { issuer: ISSUER, validation: 'publicKey' }), [
      ...missing,
      `providers.${name}.publicKeyPem required`,
    ]);
    for (const more of [{ audience: 'us' }, { clientId: 'us' }, { validation: 'endpoint' }])
      assert.deepEqual(problemsOf(name, { issuer: ISSUER, ...more }), []);
  });

test('a cookie has a name that a cookie can have', () => {
  const named = (cookieName: string) => problemsOf('acme', { issuer: ISSUER, audience: 'us', cookieName });
  assert.deepEqual(named('__Host-acme.session'), []);
  for (const name of ['', 'two words', 'a=b', 'a;b', 'é'])
    assert.deepEqual(named(name), ['providers.acme.cookieName invalid']);
});

test('providers of other kinds need no audience', () => {
  assert.deepEqual(problemsOf('google', { clientIds: ['us'] }), []);
  assert.deepEqual(problemsOf('twitter', {}), []);
});
