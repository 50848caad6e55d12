import assert from 'node:assert/strict';
import { test } from 'node:test';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { qrCodes } from './qr-codes.ts';

function read(text: string): string | undefined {
  const { png, sizePixels } = qrCodes.draw(text);
  const { data, width, height } = PNG.sync.read(png);
  assert.deepEqual([width, height], [sizePixels, sizePixels]);
  return jsQR.default(new Uint8ClampedArray(data), width, height)?.data;
}

test('another reader reads what was drawn, short and long', () => {
  for (const text of ['x', 'otpauth://totp/A:b?secret=JBSWY3DPEHPK3PXP', `https://x/${'a1%'.repeat(150)}`])
    assert.equal(read(text), text);
});

test('there is room for as much as may be drawn', () => {
  assert.ok(qrCodes.draw('%'.repeat(2000)).png.length > 0);
});

test('the light margin is as wide as readers want it', () => {
  const { png } = qrCodes.draw('otpauth://totp/A:b?secret=JBSWY3DPEHPK3PXP');
  const { data, width } = PNG.sync.read(png);
  const isLight = (x: number, y: number) => data[(y * width + x) * 4] === 255;
  for (let x = 0; x < width; x += 1)
    for (let y = 0; y < 16; y += 1) assert.ok(isLight(x, y) && isLight(y, x));
});
