import { createHash, timingSafeEqual } from 'node:crypto';
import { collectDefaultMetrics, Registry } from 'prom-client';

export interface ServerMetrics {
  /** The server's own; gauges of other parts may be added to it. */
  readonly registry: Registry;
  /** Everything as Prometheus text, and the type of that text. */
  print(): Promise<string>;
  readonly contentType: string;
  /**
   * A function per route that records one request. Labels are `surface`, `operation` and `status` (`2xx`):
   * no ids, no paths, nothing that a caller chose, so their number is bounded by the routes.
   */
  observer(surface: string, operation: string): (status: number, seconds: number) => void;
}

const METRIC = 'selfsame_http_request_duration_seconds';
const HELP = 'Time from the head of a request to its reply, by surface, operation and class of status.';
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(options: { process: boolean } = { process: true }): ServerMetrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const series: Series[] = [];
  return {
    registry,
    contentType: registry.contentType,
    print: async () => `${await registry.metrics()}\n${printDurations(series)}`,
    observer(surface, operation) {
      const classes = [1, 2, 3, 4, 5].map((first) => {
        const counts = new Array<number>(BUCKETS.length + 1).fill(0);
        const labels = `surface="${surface}",operation="${operation}",status="${first}xx"`;
        return { labels, counts, sum: 0, count: 0 };
      });
      series.push(...classes);
      return (status, seconds) => {
        const of = classes[Math.floor(status / 100) - 1];
        if (of === undefined) return;
        let bucket = 0;
        while (seconds > (BUCKETS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
        of.counts[bucket] = (of.counts[bucket] ?? 0) + 1;
        of.sum += seconds;
        of.count += 1;
      };
    },
  };
}

interface Series {
  /** As printed between the braces. */
  readonly labels: string;
  /** Per bucket, not yet cumulative; the last is above all bounds. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/**
 * The histogram in Prometheus' text format. Not prom-client's own: that looks its labels up by a joined text on
 * every observation, a microsecond that the hot path does not have. Names of surfaces and operations are
 * identifiers, so nothing needs escaping.
 */
function printDurations(series: readonly Series[]): string {
  const lines = [`# HELP ${METRIC} ${HELP}`, `# TYPE ${METRIC} histogram`];
  for (const { labels, counts, sum, count } of series) {
    if (count === 0) continue;
    let below = 0;
    for (const [index, bound] of BUCKETS.entries()) {
      below += counts[index] ?? 0;
      lines.push(`${METRIC}_bucket{${labels},le="${bound}"} ${below}`);
    }
    lines.push(`${METRIC}_bucket{${labels},le="+Inf"} ${count}`);
    lines.push(`${METRIC}_sum{${labels}} ${sum}`, `${METRIC}_count{${labels}} ${count}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Whether `Authorization: Bearer` carries the token; takes the same time wherever a wrong one differs. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(sha256(sent), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
