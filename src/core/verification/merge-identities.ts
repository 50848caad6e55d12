import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import { requireOpen } from '../identities/change.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { Changed, Changing } from '../identities/revision.ts';
import { vaultFor } from '../identities/view.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { changeWithin } from '../records.ts';
import { togetherOnce } from '../together-once.ts';
import { findRecord, requireWritable } from './find-record.ts';
import { holdOpen } from './link-identities.ts';
import { planMerge } from './plan-merge.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation' | 'records'>;

/** Who is folded into whom, each by id or reference. */
export interface MergeInput {
  readonly primary: string;
  readonly secondaries: readonly string[];
  /** Where the input has them, for problems. */
  readonly fields: { readonly primary: string; readonly secondary: (index: number) => (string | number)[] };
  /** What an id that nobody has is: `not_found`, or a problem of its field. */
  readonly unknown: 'not_found' | 'invalid';
}

/** The records as a merge leaves them, opened. */
export interface Merged {
  readonly primary: Changed;
  readonly secondaries: readonly Changed[];
}

/**
 * Folds identities into one, for good and in one transaction: nobody sees a part of it. Sessions move, and what `planMerge`
 * says of the rest; both sides get a `merged` relationship. The secondaries keep their references and their ids, stay
 * readable, and are found by no attribute any more.
 *
 * The kept reply is sealed for the primary: callers must render no personal data of a secondary.
 *
 * @throws NotFound @throws WrongState Redacted or merged, on either side. @throws InvalidInput One comes twice.
 * @see Contract verification 3.9.
 */
export async function mergeIdentities(
  deps: Needs,
  context: RequestContext,
  input: MergeInput,
  idempotency: Idempotency<Merged> | null,
): Promise<{ made: Merged } | { replay: string }> {
  const { primary, secondaries } = await resolve(deps, context, input);
  const { poolId } = context.principal;
  return togetherOnce(deps, context, idempotency, async (tx) => {
    const held = await holdOpen(deps, tx, poolId, [primary.id, ...secondaries.map(({ id }) => id)]);
    const into = heldOf(held, primary.id);
    const others = secondaries.map(({ id }) => heldOf(held, id));
    const plan = planMerge(into, others, () => deps.ids.next());
    const changed: Changed[] = [];
    // First those that let go of identifiers, then the one that takes them.
    for (const [index, other] of others.entries()) {
      const left = plan.secondaries[index];
      if (left === undefined) continue;
      const revision = { action: 'identity.merged', events: ['identity.updated'], ...left };
      changed.push(await changeWithin(tx, deps, context, other, revision));
      await tx.relationships.insertRelationship(poolId, {
        ...{ id: deps.ids.next(), type: 'merged', metadata: null, createdAt: deps.clock.now() },
        ...{ identityId: primary.id, relatedId: other.stored.id },
      });
    }
    const merged = others.map(({ stored }) => stored.id);
    await tx.merges.moveSessions(poolId, merged, primary.id);
    await tx.merges.moveOutsideLogins(poolId, merged, primary.id);
    const made = await changeWithin(tx, deps, context, into, {
      ...{ action: 'identity.merged', events: ['identity.updated'], claims: 'if-free' },
      ...plan.primary,
    });
    return {
      made: { primary: made, secondaries: changed },
      sealer: { poolId, identityId: primary.id, key: into.key },
    };
  });
}

/** What `mergeIdentities` would leave; writes nothing. @throws As that. */
export async function previewMerge(deps: Needs, context: RequestContext, input: MergeInput): Promise<Merged> {
  const { primary, secondaries } = await resolve(deps, context, input);
  const open = async (stored: StoredIdentity): Promise<Changing> => {
    requireWritable(stored);
    const config = await deps.configs.at(stored.poolId, stored.configVersion);
    return requireOpen(await vaultFor(deps, stored), config, stored);
  };
  const into = await open(primary);
  const others = await Promise.all(secondaries.map(open));
  const plan = planMerge(into, others, () => deps.ids.next());
  const at = deps.clock.now();
  const shown = (changing: Changing, { profile, standing }: typeof plan.primary): Changed => ({
    ...changing,
    profile,
    stored: { ...changing.stored, standing, updatedAt: at },
  });
  return {
    primary: shown(into, plan.primary),
    secondaries: others.flatMap((other, index) => {
      const left = plan.secondaries[index];
      return left === undefined ? [] : [shown(other, left)];
    }),
  };
}

/** Everybody is found before anybody is written to. */
async function resolve(
  deps: Needs,
  { principal }: RequestContext,
  { primary, secondaries, fields, unknown }: MergeInput,
): Promise<{ primary: StoredIdentity; secondaries: StoredIdentity[] }> {
  const find = async (reference: string): Promise<StoredIdentity | null> => {
    try {
      return await findRecord(deps, principal, reference);
    } catch (error) {
      if (!(error instanceof NotFound) || unknown === 'not_found') throw error;
      return null;
    }
  };
  const [into, ...found] = await Promise.all([primary, ...secondaries].map(find));
  const problems = [into, ...found].flatMap((one, index) => {
    const path = index === 0 ? [fields.primary] : fields.secondary(index - 1);
    return one === null ? [{ path, code: 'unknown' as const, message: 'is no identity' }] : [];
  });
  if (into == null || problems.length > 0) throw new InvalidInput(problems);
  const others = found.filter((one) => one !== null);
  const seen = new Set<IdentityId>([into.id]);
  others.forEach(({ id }, index) => {
    if (seen.has(id)) {
      const message = id === into.id ? 'must be another identity than the primary' : 'comes twice';
      throw new InvalidInput([{ path: fields.secondary(index), code: 'invalid', message }]);
    }
    seen.add(id);
  });
  return { primary: into, secondaries: others };
}

function heldOf(held: ReadonlyMap<IdentityId, Changing>, id: IdentityId): Changing {
  const found = held.get(id);
  if (found === undefined) throw new NotFound();
  return found;
}
