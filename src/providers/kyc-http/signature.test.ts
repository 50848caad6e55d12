import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { signatureOf, verifySignature } from './signature.ts';

const AT = new Date('2026-03-04T05:06:07.900Z');
const after = (seconds: number) => new Date(AT.getTime() + seconds * 1000);
const bytes = fc.uint8Array({ maxLength: 200 });

test('the signature is HMAC-SHA-256 of the second, a full stop and the body', () => {
  const v1 = createHmac('sha256', 'kycsec_x').update('1772600767.{"a":"ã"}').digest('hex');
  assert.equal(signatureOf('kycsec_x', '{"a":"ã"}', AT), `t=1772600767,v1=${v1}`);
});

test('what was signed verifies, with its second; any other body or secret does not', () => {
  fc.assert(
    fc.property(fc.string(), bytes, fc.string(), bytes, (secret, body, otherSecret, otherBody) => {
      const header = signatureOf(secret, body, AT);
      const expected = new Date(Math.floor(AT.getTime() / 1000) * 1000);
      assert.deepEqual(verifySignature(secret, { header, body, now: AT }), expected);
      if (!Buffer.from(body).equals(Buffer.from(otherBody)))
        assert.equal(verifySignature(secret, { header, body: otherBody, now: AT }), null);
      // HMAC pads a key with zeros: these are the same key.
      if (secret.replace(/\0+$/, '') !== otherSecret.replace(/\0+$/, ''))
        assert.equal(verifySignature(otherSecret, { header, body, now: AT }), null);
    }),
  );
});

test('a signature counts for five minutes in both directions', () => {
  const body = Buffer.from('{}');
  const header = signatureOf('s', body, AT);
  for (const seconds of [-300, 0, 299])
    assert.ok(verifySignature('s', { header, body, now: after(seconds) }));
  for (const seconds of [-302, 300])
    assert.equal(verifySignature('s', { header, body, now: after(seconds) }), null);
});

test('no other text is a signature', () => {
  const body = Buffer.from('{}');
  const [t = '', v1 = ''] = signatureOf('s', body, AT).split(',');
  const others = [undefined, '', t, v1, `${v1},${t}`, `${t},${v1},${v1}`, `${t}, ${v1}`, ` ${t},${v1}`];
  for (const header of [...others, `t=0${t.slice(2)},${v1}`, `${t},${v1.toUpperCase()}`, `${t},${v1}0`])
    assert.equal(verifySignature('s', { header, body, now: AT }), null, header);
  fc.assert(fc.property(fc.string(), (header) => verifySignature('s', { header, body, now: AT }) === null));
});
