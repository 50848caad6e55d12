import type { KycDocument, KycSubmission, PersonFacts } from '../src/core/kyc/provider.ts';
import { createBuiltinProvider } from '../src/providers/kyc-builtin/builtin-provider.ts';
import { OcrPool } from '../src/providers/kyc-builtin/ocr/pool.ts';
import { drawSpecimen, jpegOf } from '../test/kyc/specimen.ts';
import type { BenchOptions, Figure } from './kit/figure.ts';

const WORKERS = 2;
const ZONE = ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'];
const SUBJECT: PersonFacts = {
  ...{ type: 'person', name: 'Anna Maria Eriksson', birthday: '1974-08-12', gender: 'female' },
  address: { country: 'PT', state: null },
  tax: { country: 'PT', idNumber: '123456789', state: null },
};

/** Whole cases of the built-in provider, each with one specimen passport to be read, on two threads. */
export async function run({ quick, note }: BenchOptions): Promise<Figure[]> {
  const cases = quick ? 6 : 60;
  const pool = new OcrPool({ workers: WORKERS });
  const provider = createBuiltinProvider({ operations: [], extractor: pool, approveAutomatically: true });
  const passport = jpegOf(drawSpecimen(ZONE, { noise: 15, hasGround: true }));
  const bill = jpegOf(drawSpecimen([], { width: 600 }));
  const link = () => Promise.reject(new TypeError('the built-in provider reads files here'));
  const file = (type: KycDocument['type'], bytes: Uint8Array): KycDocument => {
    return { id: type, type, side: 'frontSide', extension: '.jpg', read: async () => bytes, link };
  };
  const submission: KycSubmission = {
    ...{ verificationId: 'bench', revision: 1, subject: SUBJECT },
    documents: [file('passport', passport), file('utilityBill', bill)],
    faceImages: [file('other', bill)],
  };
  const context = {
    now: () => new Date('2011-06-01T00:00:00Z'),
    isDocumentOfAnother: async () => false,
    report: async () => {},
  };
  const decide = async (): Promise<boolean> =>
    (await provider.submit(submission, context)).state === 'approved';
  try {
    // Threads and recognisers start with their first picture.
    await Promise.all(Array.from({ length: WORKERS }, decide));
    let left = cases;
    let read = 0;
    const begin = performance.now();
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        if (await decide()) read += 1;
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
    const minutes = (performance.now() - begin) / 60_000;
    note(`${cases} passports of 1400 × 986 pixels, ${WORKERS} threads, ${read} read and approved`);
    return [{ name: 'document checks a minute, two threads', value: cases / minutes, unit: '1/min' }];
  } finally {
    await pool.close();
  }
}

if (import.meta.main) {
  const figures = await run({ quick: process.argv.includes('--quick'), note: console.error });
  for (const { name, value, unit } of figures)
    console.log(`${value.toFixed(1).padStart(8)} ${unit}  ${name}`);
}
