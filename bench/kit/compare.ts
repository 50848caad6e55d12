import type { Figure, Target } from './figure.ts';
import { median } from './figure.ts';
import type { Job, Outcome } from './load-generator.ts';
import type { Load } from './processes.ts';

export interface Pairing {
  readonly subject: Job;
  readonly baseline: Job;
  readonly rounds: number;
  readonly seconds: number;
}

export interface Compared {
  readonly subject: readonly Outcome[];
  readonly baseline: readonly Outcome[];
  /** Requests a second of the subject by those of the baseline in the same round. */
  readonly ratio: number;
}

/**
 * Two kinds of request in turn, in short rounds, so that whatever else the machine does counts for both. Each
 * second round has the order turned. The first round warms up and does not count.
 *
 * @throws Error An answer was not 200, unless `statuses` names it.
 */
export async function compare(
  load: Load,
  { subject, baseline, rounds, seconds }: Pairing,
  statuses: readonly string[] = ['200'],
): Promise<Compared> {
  const outcomes = { subject: [] as Outcome[], baseline: [] as Outcome[] };
  const jobs = { subject, baseline };
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? (['subject', 'baseline'] as const) : (['baseline', 'subject'] as const);
    for (const which of order) {
      const outcome = await load.run({ ...jobs[which], seconds });
      checkStatuses(outcome, statuses);
      if (round > 0) outcomes[which].push(outcome);
    }
  }
  const ratios = outcomes.subject.map((one, index) => {
    return one.perSecond / (outcomes.baseline[index]?.perSecond ?? Number.NaN);
  });
  return { ...outcomes, ratio: median(ratios) };
}

export function checkStatuses(outcome: Outcome, statuses: readonly string[]): void {
  const odd = Object.keys(outcome.byStatus).filter((status) => !statuses.includes(status));
  if (odd.length > 0) throw new Error(`answered with ${JSON.stringify(outcome.byStatus)}`);
}

/** Throughput of both and their ratio. */
export function throughputFigure(name: string, compared: Compared, target?: Target): Figure {
  const perSecond = (outcomes: readonly Outcome[]) => median(outcomes.map((outcome) => outcome.perSecond));
  return {
    name,
    value: perSecond(compared.subject),
    unit: '/s',
    baseline: perSecond(compared.baseline),
    ratio: compared.ratio,
    ...(target === undefined ? {} : { target }),
  };
}
