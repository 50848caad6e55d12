import { PNG } from 'pngjs';
import { encode } from 'uqr';
import type { QrCodes } from '../../core/self-service/ports.ts';

const SIZE_PIXELS = 256;
/** Light modules on each side (ISO/IEC 18004, 9.1). */
const QUIET_MODULES = 4;
const DARK = 0;
const LIGHT = 255;
const GREY = { colorType: 0, inputColorType: 0, inputHasAlpha: false } as const;

export const qrCodes: QrCodes = {
  draw(text) {
    const { data, size } = encode(text, { ecc: 'M', border: 0 });
    const scale = Math.floor(SIZE_PIXELS / (size + 2 * QUIET_MODULES));
    const margin = Math.floor((SIZE_PIXELS - size * scale) / 2);
    const picture = new PNG({ width: SIZE_PIXELS, height: SIZE_PIXELS });
    const grey = Buffer.alloc(SIZE_PIXELS * SIZE_PIXELS, LIGHT);
    data.forEach((row, y) => {
      row.forEach((isDark, x) => {
        if (isDark) fill(grey, { left: margin + x * scale, top: margin + y * scale, side: scale });
      });
    });
    picture.data = grey;
    const png = PNG.sync.write(picture, { ...GREY, filterType: 2 });
    return { png, sizePixels: SIZE_PIXELS };
  },
};

function fill(grey: Buffer, { left, top, side }: { left: number; top: number; side: number }): void {
  for (let y = top; y < top + side; y += 1)
    grey.fill(DARK, y * SIZE_PIXELS + left, y * SIZE_PIXELS + left + side);
}
