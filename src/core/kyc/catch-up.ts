import type { Deps } from '../deps.ts';
import { CoreError } from '../errors.ts';
import { isVisible } from '../identities/visibility.ts';
import type { IdentityId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { openWithin, together } from '../records.ts';
import type { CatchUp } from './catch-up-ports.ts';
import { isComplete, startCases } from './open-cases.ts';
import { actingFor } from './work-on-case.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'cases' | 'records'>;

/** Of one run at one provider. */
export interface CatchUpLimits {
  /** Identities a read. */
  readonly batch: number;
  /** Identities that are looked at; most of them may need nothing. */
  readonly looked: number;
  /** Cases that are opened. */
  readonly opened: number;
  /** Cases that wait to be sent: beyond them none is opened, since whoever is new waits behind these. */
  readonly unsent: number;
}

const LIMITS: CatchUpLimits = { batch: 200, looked: 20_000, opened: 2000, unsent: 2000 };

/**
 * Opens a case for whoever was there before a provider was switched on (contract kyc 4.2), so many a run, in order of
 * their ids. Each is one transaction together with the place that was come to: what a run that was cut off has done is
 * not done again, and of several processes one goes on. Switched off in between, no more are opened. A record that cannot
 * be opened is told of once and left behind.
 *
 * @returns What went wrong.
 */
export async function catchUpProviders(deps: Needs, limits = LIMITS): Promise<unknown[]> {
  const faults: unknown[] = [];
  for (const catchUp of await deps.cases.listCatchUps())
    await goOn(deps, catchUp, limits, faults).catch((error: unknown) => faults.push(error));
  return faults;
}

async function goOn(deps: Needs, from: CatchUp, limits: CatchUpLimits, faults: unknown[]): Promise<void> {
  const { cases, configs } = deps;
  const { batch: size, unsent: max } = limits;
  if (!(await configs.current(from.poolId)).isOpen) return;
  const unsent = await cases.countUnsent(from, { now: deps.clock.now(), max });
  let room = Math.min(limits.opened, max - unsent);
  let at = from;
  for (let looked = 0; looked < limits.looked; looked += size) {
    const batch = await cases.listNext(at, size);
    for (const { id } of batch.filter(({ hasCase }) => !hasCase)) {
      if (room === 0) return;
      const step = await visit(deps, at, id, faults);
      if (step === 'overtaken') return;
      if (step === 'opened') room -= 1;
      at = { ...at, after: id };
    }
    const last = batch.at(-1)?.id ?? at.after;
    if (batch.length < size || last === null) return cases.finish(at);
    if (last !== at.after && !(await cases.advance(at, last))) return;
    at = { ...at, after: last };
  }
}

type Step = 'opened' | 'passed' | 'overtaken';

/** Undoes what was begun: it is another's turn. */
class Overtaken extends Error {}

async function visit(deps: Needs, at: CatchUp, id: IdentityId, faults: unknown[]): Promise<Step> {
  try {
    return await together(deps, async (tx) => {
      const isOpened = await openCaseOf(tx, deps, at, id);
      // Last: whoever switches the provider off waits for this one at most, and never this for him.
      if (!(await tx.cases.advance(at, id))) throw new Overtaken();
      return isOpened ? 'opened' : 'passed';
    });
  } catch (error) {
    if (error instanceof Overtaken) return 'overtaken';
    // What may go well the next time is tried again then; a record that is broken must not be in everybody's way.
    if (!(error instanceof CoreError) || error.kind !== 'internal') throw error;
    faults.push(error);
    return (await deps.cases.advance(at, id)) ? 'passed' : 'overtaken';
  }
}

/** @returns False where there is nothing to open. */
async function openCaseOf(
  tx: RecordStores,
  deps: Needs,
  { poolId, provider }: CatchUp,
  id: IdentityId,
): Promise<boolean> {
  const stored = await tx.identities.findIdentity(poolId, id);
  if (stored === null || !isVisible(stored)) return false;
  const known = await tx.cases.listCases(poolId, [id]);
  if (known.some((one) => one.provider === provider)) return false;
  const identity = openWithin(deps, stored);
  // Of whom no provider was told, because something is missing, this one is told as all others: once it is there.
  if (known.length === 0 && !isComplete(identity)) return false;
  await startCases(tx, deps, actingFor(poolId), identity, [provider]);
  return true;
}
