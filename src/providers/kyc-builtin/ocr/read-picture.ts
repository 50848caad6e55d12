import { parseMrz } from '../../../core/kyc/parse-mrz.ts';
import { correctLines, lookAlikesOf } from './correct-lines.ts';
import { findStrips, type Strip } from './find-strips.ts';
import { cutOut, type Grey, inkOf, shrink, turnHalf, turnQuarter } from './grey.ts';
import type { Reading, Recogniser } from './tesseract.ts';

/** The lines of a zone; null: none was found, or none could be read twice alike. */
export type ZoneReading = { readonly lines: readonly string[]; readonly isSound: boolean } | null;

/** Places are looked for in a small copy: lines are still four pixels high where a document fills a third of it. */
const SEARCH_SIDE = 1_200;
/**
 * Preparations of one strip, tried in turn: letters at some heights that the recogniser was trained on, in shades or
 * in black and white. What one misreads the next one mostly does not.
 */
const PREPARATIONS: readonly { readonly lineHeight: number; readonly isBlackAndWhite: boolean }[] = [
  { lineHeight: 24, isBlackAndWhite: false },
  { lineHeight: 22, isBlackAndWhite: true },
  { lineHeight: 20, isBlackAndWhite: false },
  { lineHeight: 28, isBlackAndWhite: true },
  { lineHeight: 32, isBlackAndWhite: false },
  { lineHeight: 18, isBlackAndWhite: true },
];
/** Below this a reading whose digits disagree says nothing about the document. */
const CONFIDENCE_MIN = 75;
const UNSOUND_READINGS_MIN = 2;

interface Place {
  readonly picture: Grey;
  readonly strip: Strip;
  readonly isTurned: boolean;
}

/** All four ways up, likelier ones first: a zone stands at the bottom of its page. */
function placesOf(grey: Grey): Place[] {
  const quarter = turnQuarter(grey);
  const places = [grey, quarter].flatMap((picture) => {
    const small = shrink(picture, SEARCH_SIDE);
    const scale = picture.width / small.width;
    return findStrips(small).map((found) => {
      const strip = {
        ...{
          x: found.x * scale,
          y: found.y * scale,
          width: found.width * scale,
          height: found.height * scale,
        },
        ...{ slope: found.slope, lineHeight: found.lineHeight * scale, score: found.score },
      };
      return { picture, strip };
    });
  });
  const ranked = places.flatMap(({ picture, strip }) => {
    const isBelow = strip.y + strip.height / 2 > picture.height / 2;
    return [true, false].map((isTurned) => ({ picture, strip, isTurned, likely: isTurned !== isBelow }));
  });
  return ranked.sort(
    (one, other) => Number(other.likely) - Number(one.likely) || other.strip.score - one.strip.score,
  );
}

/** The strip upright, its letters about that high. */
function uprightStrip({ picture, strip, isTurned }: Place, lineHeight: number): Grey {
  const scale = Math.min(4, lineHeight / strip.lineHeight);
  // Fewer pixels than the picture has are taken as means of theirs, in two steps.
  const cut =
    scale < 0.5 ? shrink(cutOut(picture, strip, 1), strip.width * scale) : cutOut(picture, strip, scale);
  return isTurned ? turnHalf(cut) : cut;
}

/** Black on white, without the ground's pattern. */
function inBlackAndWhite(strip: Grey, lineHeight: number): Grey {
  const ink = inkOf(strip, lineHeight, 0.2);
  return { ...ink, data: ink.data.map((value) => (value === 1 ? 0 : 255)) };
}

/** Readings that are half digits or letters of a zone; of a strip that is upside down nothing fits. */
function looksLikeZone(reading: Reading): boolean {
  return reading.confidence >= 55 && reading.lines.some((line) => line.includes('<<'));
}

/** Whether look-alikes in one or two places would make all digits hold: then the picture may well be what is wrong. */
function couldBeMisread(lines: readonly string[]): boolean {
  const isSound = (some: readonly string[]): boolean => parseMrz(some)?.wrongDigits.length === 0;
  const once = lookAlikesOf(lines);
  return once.some((some) => isSound(some) || lookAlikesOf(some).some(isSound));
}

/**
 * Reads the zone of a picture, whichever way up it is. A reading is taken when all its check digits hold; one that had
 * no line stretched goes before one that had. Where digits disagree, it is the document's fault only if the same lines
 * were read twice, in two preparations, with confidence, and no look-alike explains it; anything else is a bad picture,
 * and says nothing.
 */
export function readPicture(recognise: Recogniser, grey: Grey): ZoneReading {
  for (const place of placesOf(grey)) {
    const seen = new Map<string, number>();
    let inexact: readonly string[] | null = null;
    for (const { lineHeight, isBlackAndWhite } of PREPARATIONS) {
      const strip = uprightStrip(place, lineHeight);
      const reading = recognise(isBlackAndWhite ? inBlackAndWhite(strip, lineHeight) : strip);
      for (const { lines, isExact } of correctLines(reading.lines)) {
        if (parseMrz(lines)?.wrongDigits.length === 0) {
          if (isExact) return { lines, isSound: true };
          inexact ??= lines;
        }
        const text = lines.join('\n');
        if (reading.confidence >= CONFIDENCE_MIN) seen.set(text, (seen.get(text) ?? 0) + 1);
      }
      if (!looksLikeZone(reading)) break;
    }
    if (inexact !== null) return { lines: inexact, isSound: true };
    const [text] = [...seen].find(([, times]) => times >= UNSOUND_READINGS_MIN) ?? [];
    if (text === undefined) continue;
    const lines = text.split('\n');
    return couldBeMisread(lines) ? null : { lines, isSound: false };
  }
  return null;
}
