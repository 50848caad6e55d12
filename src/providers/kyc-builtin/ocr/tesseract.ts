import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import type { Grey } from './grey.ts';

/** The part of the library's interface that is used here; it comes without types. */
interface Api {
  Init(dataPath: string, language: string, engine: number): number;
  SetVariable(name: string, value: string): boolean;
  SetPageSegMode(mode: number): void;
  SetImageFile(exif: number, angle: number, upscale: boolean): void;
  Recognize(monitor: null): number;
  GetUTF8Text(): string;
  MeanTextConf(): number;
  Clear(): void;
}

interface Library {
  readonly FS: { writeFile(path: string, bytes: Uint8Array): void };
  readonly TessBaseAPI: new () => Api;
}

type LoadLibrary = (options: {
  wasmBinary: Uint8Array;
  print: (line: string) => void;
  printErr: (line: string) => void;
}) => Promise<Library>;

export interface Reading {
  /** One text a line, without spaces. */
  readonly lines: readonly string[];
  /** 0 to 100. */
  readonly confidence: number;
}

export type Recogniser = (strip: Grey) => Reading;

/**
 * The engine that knows letters one by one. The newer one reads words, and so miscounts rows of fillers and takes them
 * for letters.
 */
const CHARACTER_ENGINE = 0;
const ONE_BLOCK_OF_TEXT = '6';

function pgmOf({ width, height, data }: Grey): Buffer {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), data]);
}

/**
 * Starts the recogniser. Program and trained data are read from their packages: nothing is fetched, neither here nor
 * when these were installed.
 */
export async function startRecogniser(): Promise<Recogniser> {
  const require = createRequire(import.meta.url);
  const load: LoadLibrary = require('tesseract.js-core/tesseract-core-simd.js');
  const library = await load({
    wasmBinary: readFileSync(require.resolve('tesseract.js-core/tesseract-core-simd.wasm')),
    print: () => {},
    printErr: () => {},
  });
  const data = require.resolve('@tesseract.js-data/eng/4.0.0/eng.traineddata.gz');
  library.FS.writeFile('eng.traineddata', gunzipSync(readFileSync(data)));
  const api = new library.TessBaseAPI();
  if (api.Init('.', 'eng', CHARACTER_ENGINE) !== 0) throw new Error('the recogniser did not start');
  const settings = {
    tessedit_char_whitelist: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<',
    tessedit_pageseg_mode: ONE_BLOCK_OF_TEXT,
    load_system_dawg: '0',
    load_freq_dawg: '0',
    // One document must leave no trace in how the next one is read.
    classify_enable_learning: '0',
    classify_enable_adaptive_matcher: '0',
  };
  for (const [name, value] of Object.entries(settings)) api.SetVariable(name, value);
  return (strip) => {
    library.FS.writeFile('/input', pgmOf(strip));
    api.SetImageFile(1, 0, false);
    api.Recognize(null);
    const text = api.GetUTF8Text();
    const confidence = api.MeanTextConf();
    api.Clear();
    library.FS.writeFile('/input', new Uint8Array());
    const lines = text.split('\n').map((line) => line.replaceAll(/\s/g, ''));
    return { lines: lines.filter((line) => line !== ''), confidence };
  };
}
