/** A picture in shades: 0 black to 255 white, row by row. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export function blank(width: number, height: number): Grey {
  return { width, height, data: new Uint8Array(width * height) };
}

/** From pixels of four bytes, seen on white paper. */
export function greyOfRgba(width: number, height: number, rgba: Uint8Array): Grey {
  const grey = blank(width, height);
  for (let from = 0, to = 0; to < grey.data.length; from += 4, to += 1) {
    const alpha = rgba[from + 3] ?? 255;
    const luma = 0.299 * (rgba[from] ?? 0) + 0.587 * (rgba[from + 1] ?? 0) + 0.114 * (rgba[from + 2] ?? 0);
    grey.data[to] = (luma * alpha) / 255 + 255 - alpha;
  }
  return grey;
}

/** Smaller by the mean of what falls together, so that grain goes; never larger. */
export function shrink(grey: Grey, sideMax: number): Grey {
  const factor = Math.max(grey.width, grey.height) / sideMax;
  if (factor <= 1) return grey;
  const width = Math.max(1, Math.round(grey.width / factor));
  const height = Math.max(1, Math.round(grey.height / factor));
  const small = blank(width, height);
  for (let y = 0; y < height; y += 1) {
    const top = Math.floor(y * factor);
    const bottom = Math.min(grey.height, Math.max(top + 1, Math.floor((y + 1) * factor)));
    for (let x = 0; x < width; x += 1) {
      const left = Math.floor(x * factor);
      const right = Math.min(grey.width, Math.max(left + 1, Math.floor((x + 1) * factor)));
      let sum = 0;
      for (let row = top; row < bottom; row += 1)
        for (let at = row * grey.width + left; at < row * grey.width + right; at += 1)
          sum += grey.data[at] ?? 0;
      small.data[y * width + x] = sum / Math.max(1, (bottom - top) * (right - left));
    }
  }
  return small;
}

/** A quarter turn clockwise. */
export function turnQuarter(grey: Grey): Grey {
  const turned = blank(grey.height, grey.width);
  for (let y = 0; y < grey.height; y += 1)
    for (let x = 0; x < grey.width; x += 1)
      turned.data[x * turned.width + grey.height - 1 - y] = grey.data[y * grey.width + x] ?? 0;
  return turned;
}

export function turnHalf(grey: Grey): Grey {
  return { width: grey.width, height: grey.height, data: grey.data.toReversed() };
}

/** A tilted rectangle of a picture: its corner at the upper left, and the steps to the right and downwards. */
export interface Cut {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Downward pixels a pixel to the right. */
  readonly slope: number;
}

/** Cuts a tilted rectangle out and sets it upright, `scale` times as large; outside of the picture it is white. */
export function cutOut(grey: Grey, { x, y, width, height, slope }: Cut, scale: number): Grey {
  const length = Math.hypot(1, slope);
  const right = { x: 1 / length / scale, y: slope / length / scale };
  const result = blank(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const at = (column: number, row: number): number =>
    column < 0 || row < 0 || column >= grey.width || row >= grey.height
      ? 255
      : (grey.data[row * grey.width + column] ?? 255);
  for (let row = 0; row < result.height; row += 1) {
    for (let column = 0; column < result.width; column += 1) {
      const px = x + column * right.x - row * right.y;
      const py = y + column * right.y + row * right.x;
      const left = Math.floor(px);
      const top = Math.floor(py);
      const across = px - left;
      const down = py - top;
      const upper = at(left, top) * (1 - across) + at(left + 1, top) * across;
      const lower = at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across;
      result.data[row * result.width + column] = upper * (1 - down) + lower * down;
    }
  }
  return result;
}

/** Each pixel the mean of itself and its eight neighbours: grain goes, strokes stay. The border stays as it is. */
export function soften({ width, height, data }: Grey): Grey {
  const soft: Grey = { width, height, data: data.slice() };
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      let sum = 0;
      for (let from = (y - 1) * width + x - 1; from <= (y + 1) * width + x - 1; from += width)
        sum += (data[from] ?? 0) + (data[from + 1] ?? 0) + (data[from + 2] ?? 0);
      soft.data[y * width + x] = sum / 9;
    }
  }
  return soft;
}

/** Sums over rectangles in constant time. */
function sumTable({ width, height, data }: Grey): Float64Array {
  const stride = width + 1;
  const table = new Float64Array(stride * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      row += data[y * width + x] ?? 0;
      table[(y + 1) * stride + x + 1] = (table[y * stride + x + 1] ?? 0) + row;
    }
  }
  return table;
}

/**
 * Ink as 1, paper as 0: what is darker than the mean of its neighbourhood by a share. Shadows, coloured grounds and
 * patterns change slowly, and so do not count.
 *
 * @param reach Half the side of the neighbourhood, in pixels.
 */
export function inkOf(grey: Grey, reach: number, share: number): Grey {
  const { width, height, data } = grey;
  const table = sumTable(grey);
  const stride = width + 1;
  const ink = blank(width, height);
  for (let y = 0; y < height; y += 1) {
    const top = Math.max(0, y - reach) * stride;
    const bottom = Math.min(height, y + reach + 1) * stride;
    const rows = (bottom - top) / stride;
    for (let x = 0; x < width; x += 1) {
      const left = Math.max(0, x - reach);
      const right = Math.min(width, x + reach + 1);
      const sum =
        (table[bottom + right] ?? 0) -
        (table[bottom + left] ?? 0) -
        (table[top + right] ?? 0) +
        (table[top + left] ?? 0);
      const mean = sum / (rows * (right - left));
      ink.data[y * width + x] = (data[y * width + x] ?? 0) < mean * (1 - share) ? 1 : 0;
    }
  }
  return ink;
}
