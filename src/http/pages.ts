import type { IncomingMessage } from 'node:http';
import { hasToken, type ServerMetrics } from './metrics.ts';
import { problem } from './problem.ts';
import { JSON_TYPE, type ReplyText } from './reply.ts';

/** A GET that belongs to the server and to no surface; open, and not in the request log. */
export interface Page {
  readonly path: string;
  answer(request: IncomingMessage): Promise<ReplyText>;
}

/**
 * Health and metrics. All are open to anybody who reaches the listener, unless a metrics token is set: publish
 * only the surfaces' paths through a proxy, or set the token.
 *
 * - `/health/alive`: 200 while the process turns its event loop; says nothing of its dependencies, so that a
 *   database that is down does not get every process restarted.
 * - `/health/ready`: 200 when the server wants requests, else 503.
 * - `/metrics`: Prometheus text.
 */
export function operatorPages(deps: {
  readiness: () => Promise<boolean>;
  isDraining: () => boolean;
  metrics: ServerMetrics;
  metricsToken?: string;
  offersMetrics?: boolean;
}): Page[] {
  const { readiness, isDraining, metrics, metricsToken, offersMetrics = true } = deps;
  const state = (status: number, word: string): ReplyText => ({
    status,
    contentType: JSON_TYPE,
    body: JSON.stringify({ status: word }),
  });
  return [
    { path: '/health/alive', answer: async () => state(200, 'alive') },
    {
      path: '/health/ready',
      async answer() {
        if (isDraining()) return state(503, 'draining');
        return (await readiness().catch(() => false)) ? state(200, 'ready') : state(503, 'unavailable');
      },
    },
    ...(offersMetrics ? [metricsPage(metrics, metricsToken)] : []),
  ];
}

function metricsPage(metrics: ServerMetrics, metricsToken: string | undefined): Page {
  return {
    path: '/metrics',
    async answer({ headers }) {
      if (metricsToken !== undefined && !hasToken(headers.authorization, metricsToken))
        return {
          ...problem(401, 'The metrics token is needed.'),
          headers: { 'www-authenticate': 'Bearer' },
        };
      return { status: 200, contentType: metrics.contentType, body: await metrics.print() };
    },
  };
}
