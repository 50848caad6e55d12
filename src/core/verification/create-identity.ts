import type { Deps } from '../deps.ts';
import { ReferenceTaken } from '../errors.ts';
import { type Idempotency, keepReply, openIdempotency } from '../idempotency.ts';
import { externalRefClaim } from '../identities/claims.ts';
import { type CreateNeeds, createRecord } from '../identities/create-record.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { EMPTY_PROFILE } from '../identities/profile.ts';
import type { Changed } from '../identities/revision.ts';
import { openIdentity, vaultFor } from '../identities/view.ts';
import { IdentityLimitReached } from '../keys/errors.ts';
import type { PoolVault, RequestContext } from '../ports.ts';
import { firstStanding } from './config.ts';

/** An identity by its reference, and whether it was there before. */
export interface Stub {
  readonly identity: Pick<Changed, 'stored'>;
  readonly upserted: boolean;
}

/**
 * Makes an identity that holds a reference and nothing else, to be filled by PATCH or by a session with that reference.
 *
 * @throws ReferenceTaken The reference is held, by whatever is left of an erased identity too, and `upsert` is false.
 * @throws IdentityLimitReached
 * @see Contract verification 3.4.
 */
export async function createStub(
  deps: CreateNeeds & Pick<Deps, 'identities'>,
  context: RequestContext,
  input: { externalRef: string; upsert: boolean },
  idempotency: Idempotency<Stub> | null,
): Promise<{ made: Stub } | { replay: string }> {
  const { poolId } = context.principal;
  const { externalRef, upsert } = input;
  const findHolder = (vault: PoolVault) =>
    deps.identities.findByClaim(poolId, externalRefClaim(vault, externalRef));
  try {
    const outcome = await createRecord(
      deps,
      context,
      {
        poolId,
        draft: ({ config }) => ({
          profile: EMPTY_PROFILE,
          standing: { ...firstStanding(config.verification), externalRef },
          fields: ['external_ref'],
        }),
        onTaken: async ({ vault }) => {
          const holder = await findHolder(vault);
          if (holder !== null) throw new Held(holder);
        },
      },
      idempotency === null
        ? null
        : { ...idempotency, render: (identity) => idempotency.render({ identity, upserted: false }) },
    );
    return 'made' in outcome ? { made: { identity: outcome.made, upserted: false } } : outcome;
  } catch (error) {
    if (error instanceof Held && !upsert) throw new ReferenceTaken();
    // A key that may make nothing more still finds what is there.
    const isLimited = error instanceof IdentityLimitReached && upsert;
    const found = isLimited ? await findHolder(await deps.vault.pool(poolId)) : null;
    const holder = error instanceof Held ? error.holder : found;
    if (holder === null) throw error;
    return keepFound(deps, context, holder, idempotency);
  }
}

/** Nothing was written but the reply, where an idempotency key asks for one. */
async function keepFound(
  deps: CreateNeeds,
  context: RequestContext,
  stored: StoredIdentity,
  idempotency: Idempotency<Stub> | null,
): Promise<{ made: Stub } | { replay: string }> {
  const made: Stub = { identity: { stored }, upserted: true };
  if (idempotency === null) return { made };
  const opened = await openIdempotency(deps, context.principal, idempotency);
  if (opened.replay !== null) return { replay: opened.replay };
  const vault = await vaultFor(deps, stored);
  const { key } = openIdentity(vault, stored);
  const at = deps.clock.now();
  const reply = keepReply({
    ...{ idempotency: opened, principal: context.principal, reply: idempotency.render(made), at },
    sealer: key === null ? vault : { poolId: stored.poolId, identityId: stored.id, key },
  });
  if (await deps.organisation.insertReply(reply, at)) return { made };
  const { replay } = await openIdempotency(deps, context.principal, idempotency);
  return replay === null ? { made } : { replay };
}

/** Ends the attempts at creating: somebody holds the reference. */
class Held extends Error {
  readonly holder: StoredIdentity;
  constructor(holder: StoredIdentity) {
    super('held');
    this.holder = holder;
  }
}
