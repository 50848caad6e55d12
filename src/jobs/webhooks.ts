import type { PoolId } from '../core/ports.ts';
import { type AttemptDeps, attempt, type Batch, claimBatch, settle } from '../core/webhooks/attempt.ts';
import { fanOut } from '../core/webhooks/fan-out.ts';
import type { Delivery, Outcome, WebhookWork } from '../core/webhooks/ports.ts';
import type { Uuid } from '../kit/ids.ts';
import type { Job } from './periodic.ts';

const EVERY_MS = 500;
/** Endpoints that this process sends to at once, and messages to one of them. */
const LANES_MAX = 64;
const IN_FLIGHT_MAX = 16;
/** So many must have ended before others are claimed in their place: a statement for each would cost more than it. */
const CLAIM_MIN = 4;
/** Pools whose events are looked at side by side, and how much of one before the others get their turn. */
const FEEDS_AT_ONCE = 4;
const BATCHES_A_TURN = 20;

type Due = WebhookWork['due'][number];

export interface WebhookJob extends Job {
  /** Begins nothing new, waits so long for what is being sent, and drops the rest: it is sent again elsewhere. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Turns events into deliveries and sends them. A run does the first and starts the second: each endpoint has a lane of
 * its own, so that one which answers slowly, or not at all, keeps nobody waiting but itself.
 *
 * Several processes may do this at once: feeds and deliveries are claimed in the database.
 */
export function createWebhookJob(deps: AttemptDeps, onFault: (error: unknown) => void): WebhookJob {
  const lanes = new Map<string, Lane>();
  const abort = new AbortController();
  let stopped = false;
  let turn: Promise<unknown> = Promise.resolve();
  /** Events looked at and deliveries taken so far. */
  let progress = 0;

  const start = ({ poolId, webhookId }: Due): void => {
    const name = `${poolId}:${webhookId}`;
    const running = lanes.get(name);
    if (running !== undefined) running.poke();
    if (running !== undefined || stopped || lanes.size >= LANES_MAX) return;
    const lane = startLane(
      deps,
      { poolId, webhookId },
      {
        isStopped: () => stopped,
        onClaimed: (count) => {
          progress += count;
        },
        signal: abort.signal,
        onFault,
      },
    );
    lanes.set(name, lane);
    void lane.ended.finally(() => lanes.delete(name));
  };

  const drainFeed = async (poolId: PoolId): Promise<void> => {
    for (let batches = 0; batches < BATCHES_A_TURN && !stopped; batches += 1) {
      const { events, webhookIds, hasMore } = await fanOut(deps, poolId);
      progress += events;
      for (const webhookId of webhookIds) start({ poolId, webhookId });
      if (!hasMore) return;
    }
  };

  const tick = async (): Promise<void> => {
    if (stopped) return;
    const work = await deps.webhooks.findWork(deps.clock.now());
    for (const due of work.due) start(due);
    const feeds = [...work.feeds];
    const drain = async (): Promise<void> => {
      for (let poolId = feeds.shift(); poolId !== undefined; poolId = feeds.shift()) {
        // A pool whose events cannot be looked at is tried again at the next tick, and keeps no other one waiting.
        await drainFeed(poolId).catch(onFault);
      }
    };
    await Promise.all(Array.from({ length: FEEDS_AT_ONCE }, drain));
  };
  /** One tick at a time, whoever asks. */
  const inTurn = (): Promise<void> => {
    const mine = turn.then(tick);
    turn = mine.catch(() => {});
    return mine;
  };
  const lanesEnd = () => Promise.all([...lanes.values()].map(({ ended }) => ended));

  return {
    name: 'webhooks',
    everyMs: EVERY_MS,
    run: inTurn,
    async settled() {
      // What waits behind a delivery that waits for its retry is due and yet nobody's turn: look at what was done.
      for (let before = -1; before < progress; ) {
        before = progress;
        await inTurn();
        await lanesEnd();
      }
    },
    async stop(graceMs) {
      stopped = true;
      for (const lane of lanes.values()) lane.poke();
      const timer = setTimeout(() => abort.abort(), graceMs);
      await turn;
      await lanesEnd();
      clearTimeout(timer);
    },
  };
}

interface Lane {
  /** Never rejects. */
  readonly ended: Promise<void>;
  /** There may be something new to claim. */
  poke(): void;
}

interface LaneControl {
  readonly isStopped: () => boolean;
  readonly onClaimed: (count: number) => void;
  readonly signal: AbortSignal;
  readonly onFault: (error: unknown) => void;
}

/** Sends to one endpoint until nothing is due and nothing under way. */
function startLane(deps: AttemptDeps, { poolId, webhookId }: Due, control: LaneControl): Lane {
  const claim: Uuid = deps.ids.next();
  const inFlight = new Set<Promise<void>>();
  let outcomes: Outcome[] = [];
  let isPoked = false;
  let wake = Promise.withResolvers<void>();
  const poke = (): void => {
    isPoked = true;
    wake.resolve();
  };

  const send = (batch: Batch, delivery: Delivery): void => {
    const sending = attempt(deps, batch, delivery, control.signal)
      .then((outcome) => {
        if (outcome !== null) outcomes.push(outcome);
      }, control.onFault)
      .finally(() => {
        inFlight.delete(sending);
        poke();
      });
    inFlight.add(sending);
  };

  const run = async (): Promise<void> => {
    for (;;) {
      isPoked = false;
      wake = Promise.withResolvers<void>();
      if (outcomes.length > 0) {
        const ended = outcomes;
        outcomes = [];
        await settle(deps, { poolId, id: webhookId }, { claim, outcomes: ended });
      }
      const limit = IN_FLIGHT_MAX - inFlight.size;
      const claims = !control.isStopped() && (limit >= CLAIM_MIN || inFlight.size === 0);
      const batch = !claims ? null : await claimBatch(deps, { poolId, webhookId, claim, limit });
      if (batch !== null) {
        control.onClaimed(batch.deliveries.length);
        for (const delivery of batch.deliveries) send(batch, delivery);
      }
      if (inFlight.size === 0 && !isPoked) return;
      await wake.promise;
    }
  };
  // A fault ends the lane; what it had claimed is sent again when its lease is over.
  const ended = run()
    .catch(control.onFault)
    .then(async () => {
      await Promise.allSettled(inFlight);
    });
  return { ended, poke };
}
