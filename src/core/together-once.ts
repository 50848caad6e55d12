import type { Deps } from './deps.ts';
import { CoreError, WriteConflict } from './errors.ts';
import { type Idempotency, keepReply, openIdempotency, type ReplyNeeds } from './idempotency.ts';
import type { RequestContext } from './ports.ts';
import type { RecordStores } from './record-stores.ts';
import { together } from './records.ts';

/** What a transaction made, and under whose key a reply that tells of it is kept. */
export interface Kept<Made> {
  readonly made: Made;
  /** An identity must be one whose row the transaction changed or holds locked (see rotation of data keys). */
  readonly sealer: Parameters<typeof keepReply>[0]['sealer'];
}

/**
 * `together` under an idempotency key: what is written and the kept reply are one transaction. Of two requests at once
 * with one key the later replays the earlier, also where it would be refused because the earlier was there first.
 *
 * @throws IdempotencyMismatch The key came with another request before.
 */
export async function togetherOnce<Made>(
  deps: Pick<Deps, 'clock' | 'organisation' | 'records'> & ReplyNeeds,
  context: RequestContext,
  idempotency: Idempotency<Made> | null,
  work: (tx: RecordStores) => Promise<Kept<Made>>,
): Promise<{ made: Made } | { replay: string }> {
  if (idempotency === null) return { made: (await together(deps, work)).made };
  const { principal } = context;
  const opened = await openIdempotency(deps, principal, idempotency);
  if (opened.replay !== null) return { replay: opened.replay };
  try {
    const { made } = await together(deps, async (tx) => {
      const kept = await work(tx);
      const at = deps.clock.now();
      const reply = keepReply({
        ...{ idempotency: opened, principal, at, sealer: kept.sealer },
        reply: idempotency.render(kept.made),
      });
      // Thrown, so that what was written is undone.
      if (!(await tx.organisation.insertReply(reply, at))) throw new WriteConflict();
      return kept;
    });
    return { made };
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    const { replay } = await openIdempotency(deps, principal, idempotency);
    if (replay === null) throw error;
    return { replay };
  }
}
