import type { KnownDevice, Seen, Snapshot } from './profile.ts';

/** How much is remembered of each identity. */
export interface LoginLimits {
  readonly loginHistory: number;
  readonly devices: number;
}

/** A device that logged in, as its client names it. */
export interface LoginDevice {
  readonly id: string;
  /** Unix seconds: when a signature was made for it; null: none was. */
  readonly signedAt: number | null;
  /** Unix seconds since when it is known, where that is longer than since now. */
  readonly since?: number;
}

/**
 * What is seen of an identity once it has logged in, on whichever surface (R6): the interaction, the history of logins,
 * and the device where its client names one. The first interaction stays; so does a last one that is later.
 */
export function noteLogin(
  seen: Seen | null,
  { last, device, limits }: { last: Snapshot; device: LoginDevice | null; limits: LoginLimits },
): Seen {
  const { at } = last;
  const logins = seen?.logins ?? [];
  // Clocks of two servers may differ; the history is in order all the same.
  const when = Math.max(at, logins.at(-1) ?? 0);
  const noted: Seen = {
    ...seen,
    first: seen?.first ?? last,
    last: seen !== null && seen.last.at > at ? seen.last : last,
    logins: [...logins, when].slice(-limits.loginHistory),
  };
  return device === null ? noted : withDevice(noted, { ...device, lastLogin: when }, { at, limits });
}

/** What is seen once a device asked for another signature, which is no login. */
export function noteSignature(
  seen: Seen,
  { device, at, limits }: { device: LoginDevice; at: number; limits: LoginLimits },
): Seen {
  return withDevice(seen, device, { at, limits });
}

/** The device that was used last. */
export function latestDevice(seen: Seen | null): KnownDevice | null {
  const devices = seen?.devices ?? [];
  return devices.reduce<KnownDevice | null>(
    (latest, one) => (latest === null || one.usedAt >= latest.usedAt ? one : latest),
    null,
  );
}

/** In its place; a new one at the end. Of more than may be, the one that was used least lately goes. */
function withDevice(
  seen: Seen,
  { id, signedAt, since, lastLogin }: LoginDevice & { readonly lastLogin?: number },
  { at, limits }: { at: number; limits: LoginLimits },
): Seen {
  const known = seen.devices?.find((one) => one.id === id);
  const device: KnownDevice = {
    ...known,
    ...{ id, usedAt: at, signUp: known?.signUp ?? since ?? at },
    ...(lastLogin === undefined ? {} : { lastLogin }),
    ...(signedAt === null ? {} : { signedAt }),
  };
  const others = (seen.devices ?? []).map((one) => (one.id === id ? device : one));
  const devices = known === undefined ? [...others, device] : others;
  if (devices.length <= limits.devices) return { ...seen, devices };
  const kept = [...devices].sort((one, other) => other.usedAt - one.usedAt).slice(0, limits.devices);
  return {
    ...seen,
    devices: devices.filter((one) => one === device || kept.includes(one)).slice(-limits.devices),
  };
}
