import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspectHash } from './read-hash.ts';

const SALT = 'c29tZXNhbHRzb21lc2FsdA';
const KEY = 'Hj5+dsK0Hj5+dsK0Hj5+dg';
const problemOf = (encoded: string) => {
  const found = inspectHash(encoded);
  return found.ok ? found.format : found.problem;
};
const argon2 = (m: number, t: number, p: number) =>
  problemOf(`$argon2id$v=19$m=${m},t=${t},p=${p}$${SALT}$${KEY}`);
const pbkdf2 = (i: number) => problemOf(`$pbkdf2-sha512$i=${i},l=16$${SALT}$${KEY}`);
const scrypt = (n: number, r: number, p: number) =>
  problemOf(`$scrypt$ln=${n},r=${r},p=${p}$${SALT}==$${KEY}==`);
const firescrypt = (n: number, r: number, p: number) =>
  problemOf(`$firescrypt$ln=${n},r=${r},p=${p}$${SALT}==$${KEY}==$Bw==$${KEY}==`);
const bcrypt = (cost: string) => problemOf(`$2b$${cost}$${'a'.repeat(53)}`);
const crypt = (rounds: number) => problemOf(`$sha512-crypt$rounds=${rounds}$salt$${'a'.repeat(86)}`);
const OUT = 'cost_out_of_bounds';

test('iam 27: costs are taken up to their bounds, and no further', () => {
  assert.deepEqual([bcrypt('04'), bcrypt('15')], ['bcrypt', 'bcrypt']);
  assert.deepEqual([bcrypt('03'), bcrypt('16'), bcrypt('20')], [OUT, OUT, OUT]);
  assert.deepEqual([argon2(8, 1, 1), argon2(1_048_576, 10, 16)], ['argon2id', 'argon2id']);
  for (const cost of [argon2(0, 1, 1), argon2(1_048_577, 1, 1), argon2(64, 0, 1), argon2(64, 11, 1)])
    assert.equal(cost, OUT);
  for (const cost of [argon2(64, 1, 0), argon2(1024, 1, 17), argon2(31, 1, 4)]) assert.equal(cost, OUT);
  assert.deepEqual([pbkdf2(1), pbkdf2(10_000_000)], ['pbkdf2', 'pbkdf2']);
  assert.deepEqual([pbkdf2(0), pbkdf2(10_000_001)], [OUT, OUT]);
  assert.deepEqual([scrypt(2, 1, 1), scrypt(131_072, 8, 10)], ['scrypt', 'scrypt']);
  for (const cost of [scrypt(0, 8, 1), scrypt(262_144, 8, 1), scrypt(1024, 9, 1), scrypt(1024, 8, 11)])
    assert.equal(cost, OUT);
  assert.deepEqual([firescrypt(1, 1, 1), firescrypt(17, 8, 10)], ['firescrypt', 'firescrypt']);
  for (const cost of [firescrypt(18, 8, 1), firescrypt(14, 9, 1), firescrypt(14, 8, 11), firescrypt(0, 8, 1)])
    assert.equal(cost, OUT);
  assert.deepEqual([crypt(1000), crypt(5_000_000)], ['sha512-crypt', 'sha512-crypt']);
  assert.deepEqual([crypt(999), crypt(999_999_999)], [OUT, OUT]);
});

test('iam 27: what names no known format is unknown', () => {
  for (const encoded of [
    '',
    '$nope$',
    'plain',
    '{MD5}x',
    '{SSHA1}x',
    '$pbkdf2-md5$i=1,l=1$a$b',
    '$hmac-sha3$a$b',
    '$1$a$b',
  ])
    assert.equal(problemOf(encoded), 'unknown_format', encoded);
});

test('a known name with a broken rest is malformed', () => {
  for (const encoded of [
    ...['$2b$10$short', '$argon2id$', '$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAA'],
    ...['$md5$', '$md5$$', '$md5$pf=$$', '$md5$pf=MTIz$Z$', '$sha1$$NW9w$2qU2SGWP8viTM1md3FiI3+rjWXQ='],
    ...[
      '{SSHA}tooshort',
      '$hmac-md5$$MTIzNDU=',
      '$sha256-crypt$$',
      '$md5-crypt$$$',
      `${'$md5$'}${'A'.repeat(5000)}`,
    ],
    ...[`$scrypt$ln=16385,r=8,p=1$${SALT}==$${KEY}==`, `$scrypt$ln=1024,r=8,p=1$${SALT}==$`],
    ...[`$argon2id$v=19$m=64,t=1,p=1$${SALT}$${KEY}==`, `$argon2id$v=19$m=64,t=1,p=1$${SALT}$`],
  ])
    assert.equal(problemOf(encoded), 'malformed', encoded);
});

test('a template without a place for the password is refused: any password would be right', () => {
  const template = Buffer.from('{SALT}').toString('base64');
  assert.equal(problemOf(`$md5$pf=${template}$MTIz$q+RdKCgc+ipCAcm5ChQwlQ==`), 'malformed');
});
