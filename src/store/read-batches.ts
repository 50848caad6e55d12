const BATCHES_UNDER_WAY_MAX = 2;
const BATCH_MAX = 100;

type Waiting<Item> = {
  readonly resolve: (item: Item | null) => void;
  readonly reject: (error: unknown) => void;
};

interface Queue<Id, Item> {
  underWay: number;
  /** In the order of arrival. */
  readonly waiting: Map<Id, Waiting<Item>[]>;
}

/**
 * Point reads that arrive while others of their pool are under way go out together, as one statement, as soon as one of
 * those returns; a read that finds none under way goes out at once. A read never joins a statement that was already
 * sent, so it sees every write that was acknowledged before it was asked for. Not for use inside a transaction.
 *
 * @param load One statement; the items found, in any order.
 */
export function batchReads<PoolId, Id, Item>(
  load: (poolId: PoolId, ids: readonly Id[]) => Promise<readonly Item[]>,
  idOf: (item: Item) => Id,
): (poolId: PoolId, id: Id) => Promise<Item | null> {
  const queues = new Map<PoolId, Queue<Id, Item>>();

  const send = async (poolId: PoolId, batch: ReadonlyMap<Id, Waiting<Item>[]>): Promise<void> => {
    try {
      const found = new Map<Id, Item>();
      for (const item of await load(poolId, [...batch.keys()])) found.set(idOf(item), item);
      for (const [id, all] of batch) for (const one of all) one.resolve(found.get(id) ?? null);
    } catch (error) {
      for (const all of batch.values()) for (const one of all) one.reject(error);
    }
  };

  const pump = (poolId: PoolId, queue: Queue<Id, Item>): void => {
    while (queue.waiting.size > 0 && queue.underWay < BATCHES_UNDER_WAY_MAX) {
      const batch = take(queue.waiting);
      queue.underWay += 1;
      void send(poolId, batch).then(() => {
        queue.underWay -= 1;
        pump(poolId, queue);
        if (queue.underWay === 0) queues.delete(poolId);
      });
    }
  };

  return (poolId, id) =>
    new Promise((resolve, reject) => {
      let queue = queues.get(poolId);
      if (queue === undefined) {
        queue = { underWay: 0, waiting: new Map() };
        queues.set(poolId, queue);
      }
      const all = queue.waiting.get(id);
      if (all === undefined) queue.waiting.set(id, [{ resolve, reject }]);
      else all.push({ resolve, reject });
      pump(poolId, queue);
    });
}

/**
 * `= any(…)` of an array parameter, for the statement behind a batch. Batches are small and of any length: given the
 * parameter itself, the planner takes a plan for the few elements at hand for cheaper than its plan for any number, and
 * plans the prepared statement anew each time, which costs twice as much as running it. An array that the statement makes
 * looks the same whatever the parameter holds, so that the statement is planned once.
 *
 * @param parameter With its type: `$2::uuid[]`.
 */
export function anyOf(parameter: string): string {
  return `any(array(select unnest(${parameter})))`;
}

function take<Id, Value>(waiting: Map<Id, Value>): Map<Id, Value> {
  const batch = new Map<Id, Value>();
  for (const [id, value] of waiting) {
    if (batch.size === BATCH_MAX) break;
    batch.set(id, value);
    waiting.delete(id);
  }
  return batch;
}
