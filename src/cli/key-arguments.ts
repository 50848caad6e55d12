import { normaliseCidr } from '../config/cidr.ts';
import { GRANTS, type Grant, isGrant } from '../core/grants.ts';
import { DEFAULT_GRANTS, isApiVersion, KEY_INFLECTIONS, PUBLISHABLE_GRANT } from '../core/keys/key-kinds.ts';
import type { KeyId, KeyInflection, KeyKind, PoolId } from '../core/ports.ts';
import { isUuid, parsePlaced, type ResourceType, type Uuid } from '../kit/ids.ts';
import { UsageError } from './command.ts';

// A value is never echoed here: what is pasted in place of an id may be a secret key.

/** @param text A pool's id as UUID or in the pools spelling. @throws UsageError */
export function readPoolId(text: string): PoolId {
  return readId(text, 'pool', '--pool') as PoolId;
}

/** @param text A key's id as UUID or in the pools spelling. @throws UsageError */
export function readKeyId(text: string): KeyId {
  return readId(text, 'key', 'the key id') as KeyId;
}

function readId(text: string, type: ResourceType, what: string): Uuid {
  const id = text.trim().toLowerCase();
  if (isUuid(id)) return id;
  const placed = parsePlaced(id);
  if (placed === null) throw new UsageError(`${what} must be a UUID or an id of 32 characters.`);
  if (placed.type !== type)
    throw new UsageError(`${what} is an id of type ${placed.type ?? 'unknown'}, not ${type}.`);
  return placed.uuid;
}

/**
 * @param list Grants, or `all`; none: what `kind` has by itself. Without repetitions, in the order of the list of
 *   grants.
 * @throws UsageError An unknown grant, or one that a publishable key cannot have.
 */
export function readGrants(list: readonly string[], kind: KeyKind): readonly Grant[] {
  const wrong = list.filter((one) => one !== 'all' && !isGrant(one));
  const choice = `all, ${GRANTS.join(', ')}`;
  if (wrong.length > 0) throw new UsageError(`--grant does not know ${wrong.join(', ')}. Grants: ${choice}.`);
  if (kind === 'publishable') {
    if (list.every((one) => one === PUBLISHABLE_GRANT)) return [PUBLISHABLE_GRANT];
    throw new UsageError(`A publishable key has the grant ${PUBLISHABLE_GRANT} and no other.`);
  }
  if (list.length === 0) return DEFAULT_GRANTS;
  return list.includes('all') ? GRANTS : GRANTS.filter((grant) => list.includes(grant));
}

/** @returns Null when none is given: any address. @throws UsageError */
export function readRanges(list: readonly string[]): readonly string[] | null {
  if (list.length === 0) return null;
  return list.map((text) => {
    const range = normaliseCidr(text);
    if (range === null)
      throw new UsageError(`--allow must be an address or a CIDR range, not ${JSON.stringify(text)}.`);
    return range;
  });
}

/** @returns Null when none is given: the current one. @throws UsageError */
export function readApiVersion(text: string | null): string | null {
  if (text !== null && !isApiVersion(text)) throw new UsageError('--api-version must be a date: 2026-01-01.');
  return text;
}

/** @throws UsageError */
export function readInflection(text: string): KeyInflection {
  const found = KEY_INFLECTIONS.find((one) => one === text);
  if (found === undefined) throw new UsageError(`--inflection must be one of ${KEY_INFLECTIONS.join(', ')}.`);
  return found;
}

/** One line for people, of at most so many characters. @throws UsageError */
export function readLine(option: string, text: string, lengthMax: number): string {
  if (text.length <= lengthMax && !/\p{Cc}/u.test(text)) return text;
  throw new UsageError(`${option} must be one line of at most ${lengthMax} characters.`);
}

/** Requests a minute. @throws UsageError */
export function readRate(text: string): number {
  const rate = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (rate < 1) throw new UsageError('--rate-limit must be a whole number of requests a minute, 1 or more.');
  return rate;
}

const UNIT_SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

/**
 * @param text `90d`, `12h`, `30m`, a date (`2030-01-31`, from its start in UTC) or a time with its zone.
 * @throws UsageError Unreadable, or not in the future.
 */
export function readExpiry(text: string, now: Date): Date {
  const span = /^(\d{1,5})([mhd])$/.exec(text);
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const seconds = Number(span?.[1]) * UNIT_SECONDS[(span?.[2] ?? 'd') as keyof typeof UNIT_SECONDS];
  const at = span === null ? new Date(iso ? text : Number.NaN) : new Date(now.getTime() + seconds * 1000);
  // The runtime reads 2030-02-31 as March; a date that does not come back as it went in does not exist.
  const moved = iso && text.length === 10 && !at.toJSON()?.startsWith(text);
  if (Number.isNaN(at.getTime()) || moved) {
    throw new UsageError(
      '--expires must be a span (90d, 12h, 30m), a date (2030-01-31) or a time (2030-01-31T12:00:00Z).',
    );
  }
  if (at <= now) throw new UsageError('--expires must be in the future.');
  return at;
}
