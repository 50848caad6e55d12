/** What a worker is asked. The bytes are moved, not copied. */
export interface ReadRequest {
  readonly kind: 'jpeg' | 'png';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * - `zone`: the lines of a machine-readable zone; `isSound`: all check digits hold.
 * - `none`: a picture without a zone, or with one that cannot be read well enough to say anything.
 * - `unreadable`: what should be a picture does not decode, or not within the limits of time and memory.
 */
export type ReadOutcome =
  | { readonly kind: 'zone'; readonly lines: readonly string[]; readonly isSound: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly reason: 'undecodable' | 'time' | 'memory' };

/** `unavailable`: the recogniser did not start, which says nothing about any picture. */
export type WorkerReply = ReadOutcome | { readonly kind: 'unavailable' };

export interface WorkerLimits {
  /** Of the recogniser, and apart from it of a picture while it is decoded. */
  readonly megabytesMax: number;
}
