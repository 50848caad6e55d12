import { UnsupportedVersion } from '../../core/errors.ts';

/**
 * A dated version of this API (contract verification 1.3). A new one says what it changes against the one before it;
 * handlers speak the newest, and requests and replies of older ones go through the changes in between, newest first
 * for replies, oldest first for requests.
 */
export interface Version {
  /** YYYY-MM-DD: the day of its release. */
  readonly date: string;
  /** `deprecated` still answers; `retired` does not. */
  readonly lifecycle: 'active' | 'deprecated' | 'retired';
  readonly changes: readonly VersionChange[];
}

export interface VersionChange {
  readonly description: string;
  /** Operations that it concerns. */
  readonly operations: readonly string[];
  /** Makes a body of the version before into one of this version. */
  readonly upgradeRequest?: (body: Record<string, unknown>) => Record<string, unknown>;
  /** Makes a body of this version into one of the version before. */
  readonly downgradeReply?: (body: unknown) => unknown;
}

/** Every version that there was, oldest first. */
export const VERSIONS: readonly Version[] = [{ date: '2026-01-01', lifecycle: 'active', changes: [] }];

export interface Versioning {
  readonly current: string;
  /**
   * The newest version released on or before a date.
   * @param text As sent; undefined: the version that the key is pinned to, or else the current one.
   * @throws UnsupportedVersion No date, before the first version, or retired.
   */
  resolve(text: string | undefined, pinned: string | null): string;
  upgradeRequest(version: string, operation: string, body: Record<string, unknown>): Record<string, unknown>;
  downgradeReply(version: string, operation: string, body: unknown): unknown;
}

export function createVersioning(versions: readonly Version[] = VERSIONS): Versioning {
  const [first] = versions;
  const last = versions.at(-1);
  if (first === undefined || last === undefined) throw new TypeError('there is no version');
  /** What came after a version, oldest first, as far as it concerns an operation. */
  const changesAfter = (version: string, operation: string): VersionChange[] =>
    versions
      .filter(({ date }) => date > version)
      .flatMap(({ changes }) => changes.filter(({ operations }) => operations.includes(operation)));
  return {
    current: last.date,
    resolve(text, pinned) {
      const wanted = text ?? pinned ?? last.date;
      if (!isDate(wanted)) throw new UnsupportedVersion('Verifa-Version must be a date in YYYY-MM-DD form.');
      const found = versions.findLast(({ date }) => date <= wanted);
      if (found === undefined) {
        throw new UnsupportedVersion(`The first version of this API is ${first.date}.`);
      }
      if (found.lifecycle === 'retired') {
        throw new UnsupportedVersion(
          `Version ${found.date} of this API is retired: upgrade to ${last.date}.`,
        );
      }
      return found.date;
    },
    upgradeRequest: (version, operation, body) =>
      changesAfter(version, operation).reduce(
        (from, { upgradeRequest }) => upgradeRequest?.(from) ?? from,
        body,
      ),
    downgradeReply: (version, operation, body) =>
      changesAfter(version, operation)
        .reverse()
        .reduce((from, { downgradeReply }) => downgradeReply?.(from) ?? from, body),
  };
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;
}
