import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, WriteConflict, WrongState } from '../errors.ts';
import { type Idempotency, keepReply, openIdempotency } from '../idempotency.ts';
import { getReachablePool } from '../pools/reach.ts';
import type { IdentityId, PoolId, RequestContext } from '../ports.ts';
import { deriveIndexes, replaceFactors } from './factors.ts';
import type { IdentityInsert } from './ports.ts';
import { EMPTY_PROFILE } from './profile.ts';
import { checkPresence, readFactors, readMetadata } from './read-input.ts';
import { untilDone } from './retry.ts';
import { findTaken } from './taken.ts';
import { type IdentityView, sealProfile, viewIdentity } from './view.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation'>;

export interface CreateIdentityInput {
  readonly poolId: PoolId;
  /** As received: this operation checks them. Absent is an empty list or map; null is refused. */
  readonly factors: unknown;
  readonly metadata: unknown;
}

/**
 * Makes an identity of a pool: record, data key, identifiers, totals, audit entry and event in one statement.
 * Of many at once with one identifier exactly one is made.
 *
 * @returns The identity, or the kept reply when the idempotency key was used before.
 * @throws NotFound No such pool in the caller's reach.
 * @throws WrongState The pool, its domain or its account is deleted.
 * @throws InvalidInput Every field problem at once; a taken identifier is `taken` at `factors[i].value`.
 * @see Contract pools 3.4, 4.
 */
export async function createIdentity(
  deps: Needs,
  context: RequestContext,
  input: CreateIdentityInput,
  idempotency: Idempotency<IdentityView> | null = null,
): Promise<{ made: IdentityView } | { replay: string }> {
  const { principal } = context;
  const { poolId } = input;
  await getReachablePool(deps, principal, poolId);
  const opened = idempotency === null ? null : await openIdempotency(deps, principal, idempotency);
  if (opened !== null && opened.replay !== null) return { replay: opened.replay };
  const vault = await deps.vault.pool(poolId);

  const { outcome, result } = await untilDone(deps.configs, poolId, async () => {
    const config = await deps.configs.any(poolId);
    if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
    const factors = readFactors(input.factors === undefined ? [] : input.factors, config);
    const metadata = readMetadata(input.metadata === undefined ? {} : input.metadata);
    const problems: FieldProblem[] = [...factors.problems, ...metadata.problems];
    const schemaId = config.defaultSchemaId;
    const profile = {
      ...replaceFactors(config, schemaId, EMPTY_PROFILE, factors.value, () => deps.ids.next()),
      metadata: metadata.value,
    };
    const derived = deriveIndexes(vault, config, schemaId, profile);
    if (factors.problems.length === 0) problems.push(...checkPresence(config, derived.present));
    if (problems.length > 0) throw new InvalidInput(problems);

    const id = deps.ids.next() as IdentityId;
    const stamp = stampOf(deps, context, poolId);
    const { key, wrapped } = vault.createIdentityKey(id);
    const sealed = sealProfile(key, profile);
    const stored = {
      poolId,
      id,
      status: 'extant' as const,
      schemaId,
      version: 1,
      profile: sealed,
      seen: null,
      lastSeenAt: null,
      wrappedKey: wrapped,
      configVersion: config.version,
    };
    const view = viewIdentity(vault, config, { stored, key, profile, seen: null });
    const insert: IdentityInsert = {
      poolId,
      id,
      schemaId,
      profile: sealed,
      wrappedKey: wrapped,
      claims: derived.claims,
      tallies: new Map([
        ['identities', 1],
        ...[...derived.present].map((name) => [`factor:${name}`, 1] as const),
      ]),
      configVersion: config.version,
      stamp,
      event: {
        action: 'identity.created',
        subjectId: id,
        fields: [
          ...[...derived.present].map((name) => `factors.${name}`),
          ...(Object.keys(metadata.value).length > 0 ? ['metadata'] : []),
        ],
      },
      reply:
        idempotency === null || opened === null
          ? null
          : keepReply({
              idempotency: opened,
              principal,
              reply: idempotency.render(view),
              at: stamp.at,
              sealer: { poolId, identityId: id, key },
            }),
    };
    const written = await deps.identities.insertIdentity(insert);
    if (written === 'taken') {
      const taken = await findTaken(deps.identities, {
        poolId,
        config,
        vault,
        schemaId,
        profile,
        id,
        factors: factors.value,
      });
      // Whoever held it let go in between: try again.
      if (taken.length === 0) return { outcome: 'stale' as const, result: view };
      throw new InvalidInput(taken);
    }
    return { outcome: written, result: view };
  });
  if (outcome === 'done') return { made: result };
  // Another request with the same idempotency key was first.
  const winner = idempotency === null ? null : await openIdempotency(deps, principal, idempotency);
  if (winner === null || winner.replay === null) throw new WriteConflict();
  return { replay: winner.replay };
}
