import { CoreError, DestinationRefused } from '../../core/errors.ts';
import { ProviderError } from '../../core/identify/provider-errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { GuardedClient, GuardedRequest, GuardedResponse } from '../net/guarded-client.ts';
import { Circuit } from './circuit.ts';

/** A check has 3 s in all at its caller (contract identify 6). */
const TIMEOUT_MS = 2500;

export type LineRequest = Pick<GuardedRequest, 'method' | 'url' | 'headers' | 'body'> & {
  /** May be sent twice; default for GET. */
  readonly isRead?: boolean;
};

/** One call of ours, however many requests it takes: they share its time. */
export interface Trip {
  /** Whole milliseconds that are left, at least 1. @throws ProviderError `provider_timeout`. */
  remainingMs(): number;
  /**
   * Whatever is answered below 500. A read is sent once more after a failed connection or a status from 500 on.
   * @throws ProviderError `provider_timeout`; `provider_error` for anything else without an answer.
   */
  send(request: LineRequest): Promise<GuardedResponse>;
}

/** The way to one provider of one pool. */
export interface Line {
  begin(): Trip;
  /** One request, once. Gives back any status. @throws ProviderError As `send`. */
  exchange(request: LineRequest, timeoutMs: number): Promise<GuardedResponse>;
}

export function createLine({
  client,
  clock,
  timeoutMs = TIMEOUT_MS,
}: {
  readonly client: GuardedClient;
  readonly clock: Clock;
  readonly timeoutMs?: number | undefined;
}): Line {
  const circuit = new Circuit(clock);

  async function exchange({ isRead: _, ...request }: LineRequest, leftMs: number): Promise<GuardedResponse> {
    const place = circuit.enter();
    const signal = AbortSignal.timeout(leftMs);
    try {
      const answer = await client.request({ ...request, signal });
      place.leave(answer.status < 500 ? 'answered' : 'failed');
      return answer;
    } catch (error) {
      place.leave('failed');
      if (!(error instanceof CoreError)) throw error;
      if (signal.aborted) throw new ProviderError('provider_timeout');
      const detail = error instanceof DestinationRefused ? `refused: ${error.detail}` : error.detail;
      throw new ProviderError('provider_error', detail === undefined ? {} : { detail });
    }
  }

  function begin(): Trip {
    const untilMs = performance.now() + timeoutMs;
    const remainingMs = (): number => {
      const leftMs = Math.floor(untilMs - performance.now());
      if (leftMs < 1) throw new ProviderError('provider_timeout');
      return leftMs;
    };
    return {
      remainingMs,
      async send(request) {
        const { isRead = request.method === 'GET' } = request;
        const attempt = (): Promise<GuardedResponse> => exchange(request, remainingMs());
        return answered(await (isRead ? oneMoreTime(attempt) : attempt()));
      },
    };
  }

  return { begin, exchange };
}

async function oneMoreTime(attempt: () => Promise<GuardedResponse>): Promise<GuardedResponse> {
  try {
    const answer = await attempt();
    if (answer.status < 500) return answer;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.problem !== 'provider_error') throw error;
  }
  return attempt();
}

function answered(answer: GuardedResponse): GuardedResponse {
  if (answer.status >= 500)
    throw new ProviderError('provider_error', { detail: `the provider answered ${answer.status}` });
  return answer;
}
