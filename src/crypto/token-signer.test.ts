import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { tokenSigner } from './token-signer.ts';

const isGood = (key: object, text: string, signature: Buffer) =>
  verify(
    'sha256',
    Buffer.from(text),
    { key: createPublicKey({ key: { ...key }, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    signature,
  );

test('what a key of ours signs verifies under its public half alone', () => {
  const { publicKey, privateKey } = tokenSigner.createKey();
  const other = tokenSigner.createKey();
  const signature = tokenSigner.sign(privateKey, 'header.claims');
  assert.equal(signature.length, 64);
  assert.ok(isGood(publicKey, 'header.claims', signature));
  assert.equal(isGood(publicKey, 'header.claimz', signature), false);
  assert.equal(isGood(other.publicKey, 'header.claims', signature), false);
  assert.deepEqual(Object.keys(publicKey).sort(), ['crv', 'kty', 'x', 'y'], 'no private part');
});

test('it signs with a key of another making: that of RFC 7515, appendix A.3', () => {
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  };
  const key = createPrivateKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'pkcs8' });
  const text =
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
  const published = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';
  const { d: _, ...publicKey } = jwk;
  assert.ok(isGood(publicKey, text, Buffer.from(published, 'base64url')), 'the form is the same');
  assert.ok(isGood(publicKey, text, tokenSigner.sign(key, text)));
});
