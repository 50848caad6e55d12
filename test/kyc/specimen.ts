import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { GLYPH_HEIGHT, GLYPH_WIDTH, GLYPHS } from './ocr-b.ts';

/** A picture in shades, as a camera or a scanner would deliver it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly shades: Uint8Array;
}

export interface SpecimenOptions {
  /** Pixels of the page's longer side. */
  readonly width?: number;
  /** Of one line's pitch to the page's width; a passport's 44 letters fill nine tenths. */
  readonly paper?: number;
  readonly ink?: number;
  /** Largest change of a pixel, up or down. */
  readonly noise?: number;
  /** Clockwise, in degrees. */
  readonly turn?: 0 | 90 | 180 | 270;
  /** In degrees, clockwise; small. */
  readonly tilt?: number;
  /** White around the page, as a share of its width. */
  readonly margin?: number;
  /** A wavy ground behind the text. */
  readonly hasGround?: boolean;
  readonly seed?: number;
}

/** Page sizes in millimetres (ICAO Doc 9303 parts 4 to 6). */
const PAGES: Readonly<Record<number, { width: number; height: number }>> = {
  44: { width: 125, height: 88 },
  36: { width: 105, height: 74 },
  30: { width: 85.6, height: 54 },
};
const PITCH_MM = 2.54;
const LINE_MM = 6.35;

/** Numbers from 0 to 1, the same ones for a seed. */
export function createChance(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Share of ink at a point of a letter's cell, softened between pixels. */
function inkAt(letter: string, x: number, y: number): number {
  const rows = GLYPHS[letter];
  if (rows === undefined) return 0;
  const bit = (column: number, row: number): number => {
    if (column < 0 || row < 0 || column >= GLYPH_WIDTH || row >= GLYPH_HEIGHT) return 0;
    return (Number.parseInt(rows.slice(row * 7, row * 7 + 7), 16) >> (GLYPH_WIDTH - 1 - column)) & 1;
  };
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [across, down] = [x - 0.5 - left, y - 0.5 - top];
  const upper = bit(left, top) * (1 - across) + bit(left + 1, top) * across;
  return upper * (1 - down) + (bit(left, top + 1) * (1 - across) + bit(left + 1, top + 1) * across) * down;
}

/** Letters at a pitch, from a corner, all in pixels. */
function drawLine(
  page: Picture,
  text: string,
  at: { x: number; y: number; pitch: number; ink: number },
): void {
  const scale = at.pitch / GLYPH_WIDTH;
  for (let row = 0; row < GLYPH_HEIGHT * scale; row += 1) {
    for (let column = 0; column < text.length * at.pitch; column += 1) {
      const [x, y] = [Math.round(at.x) + column, Math.round(at.y) + row];
      if (x < 0 || y < 0 || x >= page.width || y >= page.height) continue;
      const letter = text[Math.floor(column / at.pitch)] ?? '';
      const share = inkAt(letter, (column % at.pitch) / scale, row / scale);
      const index = y * page.width + x;
      const ground = page.shades[index] ?? 0;
      page.shades[index] = ground + (at.ink - ground) * share;
    }
  }
}

function turned({ width, height, shades }: Picture, turn: number): Picture {
  if (turn === 0) return { width, height, shades };
  if (turn === 180) return { width, height, shades: shades.toReversed() };
  const result = new Uint8Array(shades.length);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      result[turn === 90 ? x * height + height - 1 - y : (width - 1 - x) * height + y] =
        shades[y * width + x] ?? 0;
  return { width: height, height: width, shades: result };
}

function tilted(page: Picture, degrees: number, outside: number): Picture {
  if (degrees === 0) return page;
  const { width, height } = page;
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const shades = new Uint8Array(width * height);
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? outside : (page.shades[y * width + x] ?? outside);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [dx, dy] = [x - width / 2, y - height / 2];
      const [px, py] = [dx * cos + dy * sin + width / 2, dy * cos - dx * sin + height / 2];
      const [left, top] = [Math.floor(px), Math.floor(py)];
      const [across, down] = [px - left, py - top];
      const upper = at(left, top) * (1 - across) + at(left + 1, top) * across;
      shades[y * width + x] =
        upper * (1 - down) + (at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across) * down;
    }
  }
  return { width, height, shades };
}

/** The page of a document with a zone at its bottom, a portrait, and lines of other text. */
export function drawSpecimen(lines: readonly string[], options: SpecimenOptions = {}): Picture {
  const { width: side = 1400, paper = 235, ink = 30, noise = 0, margin = 0, seed = 7 } = options;
  const size = PAGES[lines[0]?.length ?? 0] ?? { width: 125, height: 88 };
  const chance = createChance(seed);
  const border = Math.round(side * margin);
  const width = side + 2 * border;
  const millimetre = side / size.width;
  const height = Math.round(size.height * millimetre) + 2 * border;
  const page: Picture = { width, height, shades: new Uint8Array(width * height).fill(paper) };
  if (options.hasGround === true)
    for (let index = 0; index < page.shades.length; index += 1)
      page.shades[index] = paper - 22 - 22 * Math.sin((index % width) / 9 + Math.sin(index / width / 14) * 3);
  const portrait = { x: border + 6 * millimetre, y: border + size.height * 0.09 * millimetre };
  for (let y = 0; y < size.height * 0.42 * millimetre; y += 1)
    for (let x = 0; x < 24 * millimetre; x += 1)
      page.shades[Math.round(portrait.y + y) * width + Math.round(portrait.x + x)] =
        90 + 60 * Math.sin(x / 31) * Math.sin(y / 17) + chance() * 30;
  const texts = ['SPECIMEN', 'ERIKSSON', 'ANNA MARIA', 'UTOPIAN', '12 AUG 1974'];
  for (const [index, text] of texts.entries())
    drawLine(page, text, {
      x: border + 36 * millimetre,
      y: border + size.height * (0.09 + index * 0.085) * millimetre,
      ...{ pitch: 1.9 * millimetre, ink },
    });
  for (const [index, line] of lines.entries())
    drawLine(page, line, {
      x: border + (side - line.length * PITCH_MM * millimetre) / 2,
      y: height - border - (4 + (lines.length - index) * LINE_MM) * millimetre,
      ...{ pitch: PITCH_MM * millimetre, ink },
    });
  const whole = turned(tilted(page, options.tilt ?? 0, paper), options.turn ?? 0);
  if (noise > 0)
    for (let index = 0; index < whole.shades.length; index += 1)
      whole.shades[index] = Math.max(
        0,
        Math.min(255, (whole.shades[index] ?? 0) + (chance() * 2 - 1) * noise),
      );
  return whole;
}

function rgbaOf({ width, height, shades }: Picture): Buffer {
  const data = Buffer.alloc(width * height * 4, 255);
  for (let index = 0; index < shades.length; index += 1) {
    const shade = shades[index] ?? 0;
    data[index * 4] = shade;
    data[index * 4 + 1] = shade;
    data[index * 4 + 2] = shade;
  }
  return data;
}

export function pngOf(picture: Picture): Buffer {
  const png = new PNG({ width: picture.width, height: picture.height });
  png.data = rgbaOf(picture);
  return PNG.sync.write(png, { colorType: 0, deflateLevel: 1, filterType: 0 });
}

export function jpegOf(picture: Picture, quality = 80): Buffer {
  return jpeg.encode({ width: picture.width, height: picture.height, data: rgbaOf(picture) }, quality).data;
}
