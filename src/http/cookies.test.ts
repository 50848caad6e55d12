import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Cookie, endedCookie, parseCookies, serialiseCookie } from './cookies.ts';

const read = (header?: string) => Object.fromEntries(parseCookies(header));

test('cookies are read as they are, the first of a name counts, and what is no cookie is passed over', () => {
  assert.deepEqual(read(undefined), {});
  assert.deepEqual(read('a=1; b="2";c=x%20y ; d='), { a: '1', b: '2', c: 'x%20y', d: '' });
  assert.deepEqual(read('a=longer path; a=1'), { a: '1' }, 'a blank makes it no cookie');
  assert.deepEqual(read('a=1; a=2'), { a: '1' });
  assert.deepEqual(read('; ;=x; a b=1; bare; a=b=c; \u00e9=1; q="'), { a: 'b=c' });
  assert.equal(parseCookies('__proto__=1').get('__proto__'), '1');
  assert.equal(parseCookies('a=1').get('toString'), undefined);
});

test('of a header that is too long the rest is not read', () => {
  const many = Array.from({ length: 150 }, (_, n) => `c${n}=1`).join(';');
  assert.equal(parseCookies(many).size, 100);
  assert.deepEqual(read(`a=${'x'.repeat(5000)}; b=1`), { b: '1' });
});

test('a cookie is closed to scripts, other sites and plain HTTP unless it says otherwise', () => {
  assert.equal(serialiseCookie({ name: 'a', value: 'b' }), 'a=b; Path=/; HttpOnly; Secure; SameSite=Lax');
  const all: Cookie = {
    ...{ name: 'a', value: 'b', path: '/x', domain: 'example.com', maxAgeSeconds: 5, sameSite: 'strict' },
    ...{ expiresAt: new Date(0), isHttpOnly: false, isSecure: false },
  };
  const end = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT';
  assert.equal(serialiseCookie(all), `a=b; Path=/x; Domain=example.com; Max-Age=5; ${end}; SameSite=Strict`);
  const ended = serialiseCookie(endedCookie({ name: 'a', path: '/x' }));
  assert.equal(ended, `a=; Path=/x; Max-Age=0; ${end}; HttpOnly; Secure; SameSite=Lax`);
});

test('a cookie that could break out of its header, or contradicts itself, is refused without its value', () => {
  const good = { name: 'a', value: 'SECRET' };
  const bad: Partial<Cookie>[] = [
    ...['', 'a b', 'a=', 'a;', 'a\r\n', 'é'].map((name) => ({ name })),
    ...['a b', 'a;b', 'a,b', 'a"b', 'a\\b', 'a\r\nx: y', '\0', 'é'].map((value) => ({ value })),
    ...['', 'x', '/;', '/\n'].map((path) => ({ path })),
    ...['', 'a b', 'a;b', 'a\n', '-'].map((domain) => ({ domain })),
    ...[1.5, Number.NaN].map((maxAgeSeconds) => ({ maxAgeSeconds })),
    { expiresAt: new Date(Number.NaN) },
    { sameSite: 'none', isSecure: false },
    { name: '__Secure-a', isSecure: false },
    { name: '__Host-a', isSecure: false },
    { name: '__Host-a', path: '/x' },
    { name: '__Host-a', domain: 'x.com' },
    { value: `SECRET${'x'.repeat(4096)}` },
  ];
  for (const part of bad)
    assert.throws(
      () => serialiseCookie({ ...good, ...part }),
      (error) => error instanceof TypeError && !error.message.includes('SECRET'),
      JSON.stringify(part),
    );
});

test('what is written is read back, and nothing that is written holds a second header', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), (name, value) => {
      let text: string;
      try {
        text = serialiseCookie({ name, value });
      } catch (error) {
        return error instanceof TypeError;
      }
      assert.match(text, /^[\x20-\x7e]+$/);
      return parseCookies(text.slice(0, text.indexOf(';'))).get(name) === value;
    }),
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (header) => parseCookies(header).size <= 100));
});
