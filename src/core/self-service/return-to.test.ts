import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReturnToForbidden } from './errors.ts';
import { createReturnToList } from './return-to.ts';
import { TRICKS } from './testing/return-to-tricks.ts';

const LIST = createReturnToList(
  [
    'https://app.example.com',
    'https://portal.example.com/portal',
    'https://slash.example.com/only/',
    'https://*.tenants.example.com/home',
    'http://localhost:3000',
    'http://[::1]:3000',
    'https://xn--bcher-kva.example',
    'com.example.app://callback',
  ],
  'https://id.example.com/p/one',
);

const goodOnes: readonly (readonly [sent: string, meant?: string])[] = [
  ['https://app.example.com'],
  ['https://app.example.com/'],
  ['https://app.example.com/a/b?c=d&next=https%3A%2F%2Fevil.com#/e'],
  ['https://app.example.com?a=//evil.com'],
  ['https://app.example.com#@evil.com'],
  ['HTTPS://App.Example.COM/A', 'https://app.example.com/A'],
  ['https://app.example.com:443/a', 'https://app.example.com/a'],
  ['https://app.example.com/caf%C3%A9/%20x'],
  ['https://app.example.com/a/'],
  ['https://app.example.com/a.b/..c/d..'],
  ['https://app.example.com/user@example.com'],
  ['https://app.example.com/.well-known/x'],
  ['https://portal.example.com/portal'],
  ['https://portal.example.com/portal/x?y'],
  ['https://portal.example.com/portal?y'],
  ['https://slash.example.com/only/x'],
  ['https://one.tenants.example.com/home'],
  ['https://one.two.tenants.example.com/home/x'],
  ['http://localhost:3000/callback'],
  ['http://[::1]:3000/callback'],
  ['https://xn--bcher-kva.example/'],
  ['com.example.app://callback'],
  ['com.example.app://callback/done?x=1'],
  ['/', 'https://id.example.com/'],
  ['/dashboard?tab=1#top', 'https://id.example.com/dashboard?tab=1#top'],
  ['/a/b/', 'https://id.example.com/a/b/'],
  ['https://id.example.com/p/one/settings'],
  ['https://id.example.com/elsewhere'],
];

for (const [sent, meant = sent] of goodOnes) {
  test(`may be returned to: ${sent}`, () => assert.equal(LIST.check(sent), meant));
}

test('none of the known tricks leads anywhere', () => {
  assert.ok(new Set(TRICKS).size >= 200);
  const passed = TRICKS.filter((trick) => {
    try {
      LIST.check(trick);
      return true;
    } catch (error) {
      assert.ok(error instanceof ReturnToForbidden);
      return false;
    }
  });
  assert.deepEqual(passed, []);
});

test('whatever is sent, where a browser is led has a scheme, host and port of the list', () => {
  const hosts = /^(?:app|id|portal|slash|(?:[a-z0-9-]+\.)+tenants)\.example\.com$/;
  const piece = fc.oneof(
    fc.constantFrom(
      ...'/\\@:?#.%;',
      '//',
      '%2f',
      '%5c',
      '%2e',
      '..',
      'https:',
      'evil.com',
      'app.example.com',
      '\t',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const text = fc.tuple(
    fc.constantFrom('', '/', 'https://', 'https://app.example.com'),
    fc.array(piece, { maxLength: 8 }),
  );
  fc.assert(
    fc.property(text, ([begin, pieces]) => {
      let url: string;
      try {
        url = LIST.check(`${begin}${pieces.join('')}`);
      } catch (error) {
        return error instanceof ReturnToForbidden;
      }
      const { protocol, hostname, port, username } = new URL(url);
      return (
        protocol === 'https:' &&
        hosts.test(hostname) &&
        port === '' &&
        username === '' &&
        LIST.check(url) === url
      );
    }),
    { numRuns: 3000 },
  );
});

test('a list with an entry that is no place, or runs what stands in it, is refused', () => {
  const bad = [
    ...[
      '',
      '*',
      'app.example.com',
      '/path',
      'https://',
      'https://*',
      'https://*.com',
      'https://*.',
      'https://a.*.com',
    ],
    ...[
      'javascript://x',
      'data://x',
      'https://x@y.com',
      'https://a.com?b',
      'https://a.com#b',
      'https://a.com//b',
    ],
    // In another spelling than their own.
    ...[
      'http://0x7f.1',
      'http://127.1',
      'http://[0:0:0:0:0:0:0:1]',

      'https://a.com:99999',
    ],
  ];
  for (const entry of bad) {
    assert.throws(() => createReturnToList([entry], 'https://id.example.com'), TypeError, entry);
  }
  assert.throws(() => createReturnToList([], 'nowhere'), TypeError);
});
