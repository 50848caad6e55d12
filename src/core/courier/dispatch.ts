import type { Uuid } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { SealBroken } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import { openContent } from './content.ts';
import type {
  CourierStore,
  DispatchFailure,
  Settlement,
  StoredMessage,
  TransportOutcome,
  Transports,
} from './ports.ts';
import { CHANNELS, type Channel } from './templates.ts';

export type DispatchDeps = Pick<Deps, 'clock' | 'ids' | 'vault'> & {
  readonly courier: CourierStore;
  readonly transports: Transports;
  /** Whether text, HTML and code stay, sealed, once a message has ended. */
  readonly keepsBodies: boolean;
};

/** Contract iam 4.3. */
export const TRIES_MAX = 5;
/** Seconds after each attempt but the last. Codes live some fifteen minutes: the last one still has a use. */
export const RETRY_SECONDS = [5, 30, 120, 480] as const;
/** Longer than any transport may take, so that nothing is taken for forgotten while it is under way. */
const LEASE_SECONDS = 90;

/** A message that is ours to send. */
export interface Claimed {
  readonly message: StoredMessage;
  readonly claim: Uuid;
  readonly startedAt: Date;
}

/** Channels that there is a transport for. */
export function channelsOf(transports: Transports): Channel[] {
  return CHANNELS.filter((channel) => transports[channel] !== null);
}

/**
 * Takes the message of a pool that has been due longest. What is taken and never settled (the process was killed) is due
 * again after 90 seconds.
 *
 * @returns `none` when nothing is due; `gone` for one whose identity was erased: it is removed.
 */
export async function claimMessage(
  { clock, ids, vault, courier, transports }: DispatchDeps,
  poolId: PoolId,
): Promise<Claimed | 'none' | 'gone'> {
  // Before anything counts as an attempt: while the key service is away, nothing is used up.
  await vault.pool(poolId);
  const claim: Uuid = ids.next();
  const startedAt = clock.now();
  const until = new Date(startedAt.getTime() + LEASE_SECONDS * 1000);
  const types = channelsOf(transports);
  const id = await courier.claimMessage(poolId, { claim, now: startedAt, until, types });
  if (id === null) return 'none';
  // Box and key in one statement: they belong together also while keys are rotated.
  const message = await courier.findMessage(poolId, id);
  if (message !== null) return { message, claim, startedAt };
  await courier.removeMessage(poolId, id);
  return 'gone';
}

/** The process that sends, as one attempt sees it. */
export interface Sending {
  /** The process stops. */
  readonly signal: AbortSignal;
  /** Told of what is a fault of ours, or of something that we stand on. */
  readonly onFault: (error: unknown) => void;
}

/**
 * One attempt. Nothing is thrown: a fault of ours is told, and is an attempt that may be made again.
 *
 * @returns How it ended, to be written; null when the stop cut it off, which tells nothing of the other side.
 */
export async function attempt(
  deps: DispatchDeps,
  { message, claim, startedAt }: Claimed,
  sending: Sending,
): Promise<Settlement | null> {
  const failure = await failureOf(deps, message, sending);
  if (sending.signal.aborted && failure === 'not_accepted') return null;
  const at = deps.clock.now();
  const pause = failure === 'not_accepted' ? RETRY_SECONDS[message.sendCount - 1] : undefined;
  const status = failure === null ? 'sent' : pause === undefined ? 'abandoned' : 'queued';
  return {
    ...{ id: message.id, claim, status, at },
    dueAt: pause === undefined ? null : new Date(at.getTime() + pause * 1000),
    dropsBody: status !== 'queued' && !deps.keepsBodies,
    dispatch: { id: deps.ids.next(), failure, createdAt: startedAt, updatedAt: at },
  };
}

async function failureOf(
  deps: DispatchDeps,
  message: StoredMessage,
  { signal, onFault }: Sending,
): Promise<DispatchFailure | null> {
  if (message.sendCount > TRIES_MAX) return 'no_outcome';
  try {
    const outcome = await send(deps, message, signal);
    if (outcome === 'sent') return null;
    return outcome === 'refused' ? 'refused' : 'not_accepted';
  } catch (error) {
    if (!signal.aborted) onFault(error);
    return error instanceof SealBroken ? 'unreadable' : 'not_accepted';
  }
}

/** @throws SealBroken @throws Unavailable The key service, or what the transport stands on. */
async function send(
  { vault, transports }: Pick<DispatchDeps, 'vault' | 'transports'>,
  message: StoredMessage,
  signal: AbortSignal,
): Promise<TransportOutcome> {
  const { id, type, templateType, createdAt, poolId, configVersion } = message;
  const { head, body } = openContent(await vault.pool(poolId, configVersion), message);
  if (body === null) throw new SealBroken('a message that is to be sent has no body');
  const transport = transports[type];
  if (transport === null) return 'retry';
  return transport.send({ id, type, templateType, createdAt, ...head, ...body }, signal);
}
