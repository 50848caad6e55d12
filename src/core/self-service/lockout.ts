import { normaliseAddress } from '../../kit/cidr.ts';
import type { Deps } from '../deps.ts';
import type { PoolId, PoolVault } from '../ports.ts';
import type { LockoutPolicy } from './config.ts';
import { LockedOut } from './errors.ts';
import type { Failures, LockoutClearing, LockoutKey, LockoutScope, LockoutStore } from './ports.ts';

/** Whose attempt it is. */
export interface Attempt {
  readonly poolId: PoolId;
  readonly vault: PoolVault;
  /** Normalised; null where the attempt names none, as with a code. Whether anybody has it makes no difference. */
  readonly identifier: string | null;
  /** The client's network address. */
  readonly address: string;
}

/** What is counted of an attempt; without an address only its identifier. */
type Counted = Omit<Attempt, 'address'> & { readonly address: string | null };

type Needs = Pick<Deps, 'clock'> & { readonly lockouts: LockoutStore };

/**
 * Before a password, code or secret is looked at. One read.
 *
 * Guesses that are made at once are all let through here; so after the secret turned out to be right, `clearFailures`
 * decides whether it still counts.
 *
 * @throws LockedOut Too many failures of the identifier, or from the address, within the window.
 */
export async function checkAllowed(
  { lockouts, clock }: Needs,
  policy: LockoutPolicy,
  attempt: Counted,
): Promise<void> {
  const failures = await lockouts.listFailures(attempt.poolId, lockoutKeysOf(attempt));
  requireAllowed({ clock }, policy, failures);
}

/** As `checkAllowed`, of failures that were read. @throws LockedOut */
export function requireAllowed(
  { clock }: Pick<Deps, 'clock'>,
  policy: LockoutPolicy,
  counts: readonly Failures[],
): void {
  const now = clock.now();
  const windowMs = policy.windowSeconds * 1000;
  const ends = counts
    .filter(({ scope, failures }) => failures >= maxOf(policy, scope))
    .map(({ since }) => since.getTime() + windowMs)
    .filter((end) => end > now.getTime());
  if (ends.length > 0) throw lockedUntil(Math.max(...ends), now);
}

/** After a wrong one. One write, whatever the identifier. */
export async function recordFailure(
  { lockouts, clock }: Needs,
  policy: LockoutPolicy,
  attempt: Counted,
): Promise<void> {
  const now = clock.now();
  await lockouts.addFailures(attempt.poolId, lockoutKeysOf(attempt), now, cutOffOf(policy, now));
}

/**
 * After a right one, before what it buys: forgets the identifier's failures. Those of the address stay: whoever has an
 * account of their own could otherwise guess at others' for ever. Writes nothing where there was no failure.
 *
 * @throws LockedOut Meanwhile, guesses at the same time have locked the identifier. Of those, however many there are at
 *   once, none counts but as many as may fail.
 */
export async function clearFailures(
  { lockouts, clock }: Needs,
  policy: LockoutPolicy,
  attempt: Counted,
): Promise<void> {
  const clearing = clearingOf({ clock }, policy, attempt);
  if (clearing === null || (await lockouts.clearFailures(attempt.poolId, clearing))) return;
  throw lockedForWindow(policy);
}

/** What `clearFailures` asks of the store; null where the attempt names no identifier. */
export function clearingOf(
  { clock }: Pick<Deps, 'clock'>,
  policy: LockoutPolicy,
  attempt: Counted,
): LockoutClearing | null {
  const key = lockoutKeysOf(attempt).find(({ scope }) => scope === 'identifier');
  const cutOff = cutOffOf(policy, clock.now());
  return key === undefined ? null : { key, max: policy.perIdentifierMax, cutOff };
}

/** As long as it can take. */
export function lockedForWindow({ windowSeconds }: LockoutPolicy): LockedOut {
  return new LockedOut(Math.max(1, windowSeconds));
}

function lockedUntil(endMs: number, now: Date): LockedOut {
  return new LockedOut(Math.max(1, Math.ceil((endMs - now.getTime()) / 1000)));
}

/** Counting that began at this moment or before is over. */
function cutOffOf({ windowSeconds }: LockoutPolicy, now: Date): Date {
  return new Date(now.getTime() - windowSeconds * 1000);
}

function maxOf({ perIdentifierMax, perAddressMax }: LockoutPolicy, scope: LockoutScope): number {
  return scope === 'identifier' ? perIdentifierMax : perAddressMax;
}

/** In one order, so that two attempts at once do not wait for each other. */
export function lockoutKeysOf({ vault, identifier, address }: Counted): LockoutKey[] {
  return [
    ...(address === null
      ? []
      : [{ scope: 'address' as const, digest: vault.digest('lockout:address', networkOf(address)) }]),
    ...(identifier === null
      ? []
      : [{ scope: 'identifier' as const, digest: vault.digest('lockout:identifier', identifier) }]),
  ];
}

/** Of IPv6 the first 64 bits: one subscriber has all addresses below them. */
export function networkOf(address: string): string {
  const normal = normaliseAddress(address) ?? '';
  if (!normal.includes(':')) return normal;
  const [before = '', after] = normal.split('::');
  const [head, tail] = [before, after ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = after === undefined ? 0 : 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  const groups = [...(head ?? []), ...Array<string>(zeros).fill('0'), ...(tail ?? [])];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
