import type { Deps } from '../deps.ts';
import { WriteConflict } from '../errors.ts';
import { type Idempotency, keepReply, openIdempotency } from '../idempotency.ts';
import type { RequestContext } from '../ports.ts';
import type { OrganisationStore } from './ports.ts';

/**
 * Runs a create of a domain, ruleset or pool under an idempotency key: what is made and the kept reply are one
 * transaction, and of two at once with one key the later replays the earlier.
 *
 * @param create Must do all its writing through the store that it is given.
 * @throws InvalidInput The key came with another request before.
 */
export async function createIdempotently<Made>(
  deps: Pick<Deps, 'clock' | 'vault' | 'organisation' | 'identities'>,
  context: RequestContext,
  idempotency: Idempotency<Made> | null,
  create: (organisation: OrganisationStore) => Promise<Made>,
): Promise<{ made: Made } | { replay: string }> {
  if (idempotency === null) return { made: await create(deps.organisation) };
  const { principal } = context;
  const opened = await openIdempotency(deps, principal, idempotency);
  if (opened.replay !== null) return { replay: opened.replay };
  const sealer = await deps.vault.pool(principal.poolId);
  try {
    const made = await deps.organisation.transaction(async (tx) => {
      const result = await create(tx);
      const at = deps.clock.now();
      const reply = keepReply({
        idempotency: opened,
        principal,
        reply: idempotency.render(result),
        at,
        sealer,
      });
      if (!(await tx.insertReply(reply, at))) throw new KeyTaken();
      return result;
    });
    return { made };
  } catch (error) {
    if (!(error instanceof KeyTaken)) throw error;
    const { replay } = await openIdempotency(deps, principal, idempotency);
    if (replay === null) throw new WriteConflict();
    return { replay };
  }
}

/** Undoes the transaction of a request whose idempotency key another one took first. */
class KeyTaken extends Error {}
