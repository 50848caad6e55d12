import { compare } from './compare.ts';
import { type BenchOptions, type Figure, median, type Target } from './figure.ts';
import type { Outcome } from './load-generator.ts';
import type { Load } from './processes.ts';
import type { Installation } from './site.ts';

export const SMALL = 10_000;
const CONNECTIONS = 8;
/** What a request may cost in the large pool by what it costs in the small one. */
export const COST: Target = { atMost: 1.3 };

/** How many identities the large pool has. */
export function largeSize({ quick }: Pick<BenchOptions, 'quick'>): number {
  return quick ? 100_000 : 1_000_000;
}

export interface GrowthRequest {
  readonly target?: Target;
  /** Of answers that count; default 200. */
  readonly statuses?: readonly string[];
  /** `alone`: one request at a time, and the figure is what half of them take at most. Default: cost at full load. */
  readonly measure?: 'cost' | 'alone';
  /** Default 2. */
  readonly seconds?: number;
}

/** Messages for a pool of this size. */
export type MessagesOf = (of: Installation, count: number) => string[] | Promise<string[]>;

/** Measures requests in a large pool against the same in a small one, in turn. Cost is time by request at full load. */
export function growthPairing(
  { quick, note }: BenchOptions,
  load: Load,
  { few, many }: { few: Installation; many: Installation },
) {
  return async (
    name: string,
    messagesOf: MessagesOf,
    { target, statuses = ['200'], measure = 'cost', seconds = 2 }: GrowthRequest = {},
  ): Promise<Figure> => {
    note(name);
    const job = async (of: Installation, count: number) => ({
      port: of.product.port,
      connections: measure === 'alone' ? 1 : CONNECTIONS,
      messages: await messagesOf(of, count),
    });
    const compared = await compare(
      load,
      {
        subject: await job(many, largeSize({ quick })),
        baseline: await job(few, SMALL),
        rounds: quick ? 2 : 7,
        seconds: quick ? 0.5 : seconds,
      },
      statuses,
    );
    const micros = (outcomes: readonly Outcome[]) =>
      median(outcomes.map(({ perSecond, p50 }) => (measure === 'alone' ? p50 * 1000 : 1e6 / perSecond)));
    return {
      name,
      value: micros(compared.subject),
      unit: 'µs',
      baseline: micros(compared.baseline),
      ratio: 1 / compared.ratio,
      ...(target === undefined ? {} : { target }),
    };
  };
}
