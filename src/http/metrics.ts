import { createHash, timingSafeEqual } from 'node:crypto';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export interface ServerMetrics {
  /** The server's own; gauges of other parts may be added to it. */
  readonly registry: Registry;
  /**
   * A function per route that records one request. Labels are `surface`, `operation` and `status` (`2xx`):
   * no ids, no paths, nothing that a caller chose, so their number is bounded by the routes.
   */
  observer(surface: string, operation: string): (status: number, seconds: number) => void;
}

const METRIC = 'selfsame_http_request_duration_seconds';
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(options: { process: boolean } = { process: true }): ServerMetrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const series: Series[] = [];
  registry.registerMetric(new RequestDurations(series));
  return {
    registry,
    observer(surface, operation) {
      const classes = [1, 2, 3, 4, 5].map((first) => {
        const counts = new Array<number>(BUCKETS.length + 1).fill(0);
        return { labels: { surface, operation, status: `${first}xx` }, counts, sum: 0, count: 0 };
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
  readonly labels: { surface: string; operation: string; status: string };
  /** Per bucket, not yet cumulative; the last is above all bounds. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/**
 * A histogram that is counted in `Series` and only printed by prom-client, which looks its labels up by a joined
 * text on every observation: a microsecond that the hot path does not have.
 */
class RequestDurations extends Histogram {
  readonly series: readonly Series[];

  constructor(series: readonly Series[]) {
    super({
      name: METRIC,
      help: 'Time from the head of a request to its reply, by surface, operation and class of status.',
      labelNames: ['surface', 'operation', 'status'],
      registers: [],
    });
    this.series = series;
  }

  override async get() {
    const metric = await super.get();
    return { ...metric, values: this.series.filter(({ count }) => count > 0).flatMap(valuesOf) };
  }

  /** What Registry.metrics() calls where it exists, without the type definitions' knowledge. */
  getForPromString() {
    return this.get();
  }
}

function valuesOf({ labels, counts, sum, count }: Series) {
  const value = (suffix: string, number: number, more: Record<string, number | string> = {}) => ({
    metricName: `${METRIC}_${suffix}`,
    labels: { ...labels, ...more },
    value: number,
    exemplar: null,
  });
  let below = 0;
  const buckets = BUCKETS.map((le, index) => {
    below += counts[index] ?? 0;
    return value('bucket', below, { le });
  });
  return [...buckets, value('bucket', count, { le: '+Inf' }), value('sum', sum), value('count', count)];
}

/** Whether `Authorization: Bearer` carries the token; takes the same time wherever a wrong one differs. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(sha256(sent), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
