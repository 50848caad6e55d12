import { compare, throughputFigure } from './compare.ts';
import type { BenchOptions, Figure } from './figure.ts';
import type { Load } from './processes.ts';

const CONNECTIONS = 64;

/** Messages to the product, and those to the bare server that they are held against; each in turn. */
export interface Messages {
  readonly subject: string[];
  readonly baseline: string[];
}

/** Measures a kind of request of the product against one of a bare server. */
export function pairing(
  { quick, note }: BenchOptions,
  load: Load,
  ports: { subject: number; baseline: number },
) {
  const rounds = quick ? 2 : 9;
  const seconds = quick ? 1 : 3;
  /**
   * @param atLeast Of the ratio; without one the figure has no target.
   * @param statuses Of answers that count.
   */
  return async (
    name: string,
    messages: Messages,
    atLeast?: number,
    statuses: readonly string[] = ['200'],
  ): Promise<Figure> => {
    note(name);
    const pair = {
      subject: { port: ports.subject, connections: CONNECTIONS, messages: messages.subject },
      baseline: { port: ports.baseline, connections: CONNECTIONS, messages: messages.baseline },
      ...{ rounds, seconds },
    };
    const compared = await compare(load, pair, statuses);
    return throughputFigure(name, compared, atLeast === undefined ? undefined : { atLeast });
  };
}
