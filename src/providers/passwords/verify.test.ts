import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { hmacOf } from './hmac.ts';
import { md4 } from './md4.ts';
import { createPasswordHasher } from './password-hasher.ts';

interface Vector {
  readonly password: string;
  readonly encoded: string;
}
const KRATOS: { readonly vectors: readonly Vector[] } = JSON.parse(
  readFileSync(new URL('./vectors/kratos.json', import.meta.url), 'utf8'),
);
const raw = (hex: string) => Buffer.from(hex, 'hex').toString('base64').replace(/=+$/, '');
const padded = (bytes: string, encoding: 'hex' | 'utf8' = 'hex') =>
  Buffer.from(bytes, encoding).toString('base64');

const BCRYPT_TAIL = '$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq';
const PUBLISHED: readonly Vector[] = [
  // Contract iam 4.1; the prefixes name one computation.
  {
    password: '123456',
    encoded: '$pbkdf2-sha256$i=1000,l=128$e8/arsEf4cvQihdNgqj0Nw$5xQQKNTyeTHx2Ld5/JDE7A',
  },
  { password: '123456', encoded: '$md5$4QrcOUm6Wau+VuBX8g+IPg==' },
  ...['$2', '$2a', '$2b', '$2y', '$2z'].map((prefix) => ({
    password: '123456',
    encoded: prefix + BCRYPT_TAIL,
  })),
  // RFC 6070, 4096 iterations.
  {
    password: 'password',
    encoded: `$pbkdf2-sha1$i=4096,l=20$${raw(Buffer.from('salt').toString('hex'))}$${raw('4b007901b765489abead49d926f721d065a429c1')}`,
  },
  // RFC 7914, section 12; its other vectors are out of our bounds.
  {
    password: 'pleaseletmein',
    encoded: `$scrypt$ln=16384,r=8,p=1$${padded('SodiumChloride', 'utf8')}$${padded('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887')}`,
  },
  // RFC 4231, test case 2, and RFC 2202 for the older digests.
  {
    password: 'what do ya want for nothing?',
    encoded: `$hmac-sha256$${padded('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'utf8')}$${padded('Jefe', 'utf8')}`,
  },
  {
    password: 'what do ya want for nothing?',
    encoded: `$hmac-sha1$${padded('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79', 'utf8')}$${padded('Jefe', 'utf8')}`,
  },
  {
    password: 'what do ya want for nothing?',
    encoded: `$hmac-md5$${padded('750c783e6ab0b503eaa86e310a5db738', 'utf8')}$${padded('Jefe', 'utf8')}`,
  },
  // Drepper's specification of sha-crypt, its test vectors.
  {
    password: 'Hello world!',
    encoded: '$sha256-crypt$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
  },
  {
    password: 'Hello world!',
    encoded: '$sha256-crypt$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA',
  },
  {
    password: 'Hello world!',
    encoded:
      '$sha512-crypt$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  },
];

const hasher = createPasswordHasher({ waitingMax: 1000 });
after(() => hasher.close());

/** Another character of the same alphabet in the middle of the last field. */
function alter(encoded: string): string {
  const at = encoded.length - 8;
  return encoded.slice(0, at) + (encoded[at] === 'A' ? 'B' : 'A') + encoded.slice(at + 1);
}

for (const { password, encoded } of [...KRATOS.vectors, ...PUBLISHED]) {
  test(`${encoded.slice(0, 40)}: the right password verifies, another one and an altered hash do not`, async () => {
    assert.equal(hasher.inspect(encoded).ok, true);
    assert.equal(await hasher.verify(password, encoded), true);
    assert.equal(await hasher.verify(`${password}x`, encoded), false);
    assert.equal(await hasher.verify(password, alter(encoded)), false);
  });
}

test('MD4 gives the digests of RFC 1320', () => {
  assert.equal(md4(Buffer.from('')).toString('hex'), '31d6cfe0d16ae931b73c59d7e0c089c0');
  assert.equal(md4(Buffer.from('abc')).toString('hex'), 'a448017aaf21d8525fc10ae87aa6729d');
  assert.equal(md4(Buffer.from('1234567890'.repeat(8))).toString('hex'), 'e33b4ddc9c38f2199c3e7b164fcc0536');
});

test('an HMAC with a key of more than a block uses the digest of the key', () => {
  const key = Buffer.alloc(80, 0xaa);
  const message = Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First');
  // RFC 2202, test case 6.
  assert.equal(hmacOf('md5', key, message).toString('hex'), '6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd');
  assert.deepEqual(hmacOf('md4', key, message), hmacOf('md4', md4(key), message));
});

test('bcrypt never cuts a password', async () => {
  const encoded = await hasher.hash('a'.repeat(72), { kind: 'bcrypt', cost: 4 });
  assert.equal(await hasher.verify('a'.repeat(72), encoded), true);
  assert.equal(await hasher.verify('a'.repeat(73), encoded), false);
});

test('hostile hashes and passwords are answered, never thrown at', async () => {
  const encodings = [...KRATOS.vectors, ...PUBLISHED].map((one) => one.encoded);
  const light = encodings.filter((one) => /^(\$md5\$|\$sha\d+\$|\$hmac|\{SSHA|\$md5-crypt)/.test(one));
  const broken = fc
    .tuple(fc.constantFrom(...encodings), fc.nat(120), fc.string({ unit: 'binary', maxLength: 6 }))
    .map(([text, at, put]) => text.slice(0, at) + put);
  await fc.assert(
    fc.asyncProperty(broken, fc.string({ unit: 'binary' }), async (encoded, password) => {
      const { ok } = hasher.inspect(encoded);
      if (!ok) assert.equal(await hasher.verify(password, encoded), false);
    }),
    { numRuns: 2000 },
  );
  for (const encoded of light)
    for (const password of ['', '\0', '\ud800', 'x'.repeat(100_000)])
      assert.equal(await hasher.verify(password, encoded), false);
});
