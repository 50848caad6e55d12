import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { WrongState } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import type { Claim, Rotation, RotationKind, RotationState, RotationStore } from './ports.ts';

/** A process that has given no sign for so long is taken for dead. Batches take a small part of it. */
const LEASE_MS = 10_000;
const LOOK_EVERY_MS = 500;

export interface RotationDeps extends Pick<Deps, 'clock' | 'ids' | 'vault'> {
  readonly rotations: RotationStore;
  readonly pause: (ms: number) => Promise<void>;
}

export interface RotationProgress {
  readonly poolId: PoolId;
  readonly kind: RotationKind;
  readonly done: number;
  readonly total: number;
}

export interface PoolOutcome extends RotationProgress {
  /** Records that do not open. They are left as they were. */
  readonly failed: number;
  /** It had been begun by a process that did not finish it. */
  readonly resumed: boolean;
}

/** A claimed rotation under way: where it is, and how it moves on. */
export interface Run {
  readonly claim: Claim;
  readonly state: RotationState;
  /**
   * One transaction: does a part of the work, notes how far it is, and stays the one who is at it. `work` may run
   * twice; null from it: nothing to note.
   *
   * @throws WrongState Another process has taken over; nothing of this part is done.
   */
  advance(work: (tx: RotationStore) => Promise<Partial<RotationState> | null>): Promise<void>;
}

const WHAT: Record<RotationKind, string> = { root: 'root_key', pool: 'seal_key', data: 'data_keys' };

/**
 * Does the work of a planned rotation of one pool under a claim, and ends it with an audit entry and an event. A
 * process that died is waited for until its lease is over.
 *
 * @returns Null when another process finished it meanwhile.
 * @throws WrongState Another process is at it.
 */
export async function runRotation(
  deps: RotationDeps,
  input: { poolId: PoolId; kind: RotationKind; onProgress?: (progress: RotationProgress) => void },
  work: (run: Run) => Promise<void>,
): Promise<PoolOutcome | null> {
  const { clock, rotations } = deps;
  const { poolId, kind, onProgress } = input;
  const claim: Claim = { poolId, kind, runner: deps.ids.next() };
  const found = await claimRotation(deps, claim);
  if (found === null) return null;
  let state: RotationState = found;
  const run: Run = {
    claim,
    get state() {
      return state;
    },
    async advance(part) {
      // Not before the commit: the transaction may be tried again from the state before.
      state = await rotations.transaction(async (tx) => {
        const change = await part(tx);
        const next = { ...state, ...change };
        if (!(await tx.save(claim, next, leaseEnd(deps)))) throw takenOver();
        return next;
      });
      onProgress?.({ poolId, kind, done: state.done, total: state.total });
    },
  };
  await work(run);
  await rotations.transaction(async (tx) => {
    if (!(await tx.finish(claim, clock.now()))) throw takenOver();
    const event = { action: 'pool.keys_rotated', subjectId: poolId, fields: [WHAT[kind]] };
    await tx.record(stampOf(deps, null, poolId), event);
  });
  const { done, total, failed } = state;
  return { poolId, kind, done, total, failed, resumed: isBegun(found) };
}

async function claimRotation(deps: RotationDeps, claim: Claim): Promise<Rotation | null> {
  const { rotations, clock } = deps;
  const { poolId, kind } = claim;
  let lease: number | null = null;
  for (let looks = 0; looks <= (2 * LEASE_MS) / LOOK_EVERY_MS; looks += 1) {
    const claimed = await rotations.claim(claim, clock.now(), leaseEnd(deps));
    if (claimed !== null) return claimed;
    const found = await rotations.find(poolId, kind);
    if (found === null || found.finishedAt !== null) return null;
    const until = found.leaseUntil?.getTime() ?? 0;
    // A lease that moves belongs to somebody who lives.
    if (lease !== null && lease !== until) break;
    lease = until;
    await deps.pause(LOOK_EVERY_MS);
  }
  throw new WrongState(`Another process is rotating the keys of pool ${poolId}.`);
}

/** Anything was done, or made, by whoever had it before. */
function isBegun({ target, untilId, done }: Rotation): boolean {
  return target !== null || untilId !== null || done > 0;
}

function leaseEnd({ clock }: RotationDeps): Date {
  return new Date(clock.now().getTime() + LEASE_MS);
}

function takenOver(): WrongState {
  return new WrongState('Another process has taken over this rotation; what was done stays done.');
}
