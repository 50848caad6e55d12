export interface SessionConfig {
  /** From login, or from being extended, to its end. */
  readonly lifespanMs: number;
  /** A session is extended in its last so many milliseconds only; null: as long as it lives. */
  readonly earliestExtendMs: number | null;
  /** How long after a login its person may change what logs in. */
  readonly privilegedMs: number;
}

const HOUR_MS = 60 * 60 * 1000;

/** @see Contract iam 6.7. */
export const DEFAULT_SESSION_CONFIG: SessionConfig = {
  lifespanMs: 24 * HOUR_MS,
  earliestExtendMs: null,
  privilegedMs: HOUR_MS,
};
