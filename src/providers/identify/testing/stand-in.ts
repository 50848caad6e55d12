import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  type Answer,
  json,
  type StandIn,
  silence,
  startStandIn as startService,
} from '../../../../test/harness/stand-in.ts';
import { ProviderError, type ProviderErrorCode } from '../../../core/identify/provider-errors.ts';
import type { OutsideProvider } from '../../../core/identify/provider-ports.ts';
import type { OutsideSettings } from '../../../core/identify/provider-settings.ts';
import type { Clock, PoolId } from '../../../core/ports.ts';
import { createGuardedClient } from '../../net/guarded-client.ts';
import { createOutsideProviders } from '../outside-providers.ts';

export const POOL = '0190a1b2-0000-7000-8000-000000000001' as PoolId;

/** A time that stands still until a test moves it. */
export class MovedClock implements Clock {
  #ms = Date.now();
  now(): Date {
    return new Date(this.#ms);
  }
  advance(seconds: number): void {
    this.#ms += seconds * 1000;
  }
}

export { type Answer, json, type StandIn, silence };

/** A service on loopback that answers as a test says, until the test is over. */
export async function startStandIn(t: TestContext, answers: StandIn['answers'] = {}): Promise<StandIn> {
  const standIn = await startService(answers);
  t.after(() => standIn[Symbol.asyncDispose]());
  return standIn;
}

/** The adapter for these settings, as the wiring makes it. */
export function open<Settings extends OutsideSettings>(clock: Clock, settings: Settings): OutsideProvider {
  const client = createGuardedClient({
    ...{ allowPrivate: ['127.0.0.0/8'], timeoutMs: 5000, maxResponseBytes: 256 * 1024 },
  });
  return createOutsideProviders({ client, clock }).of(POOL, 'provider', settings);
}

/** What a provider failed with; a promise that keeps fails the test. */
export async function refusalOf(work: Promise<unknown>): Promise<ProviderError> {
  const error = await work.then(
    () => assert.fail('it worked'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof ProviderError, String(error));
  return error;
}

export async function assertRefused(work: Promise<unknown>, problem: ProviderErrorCode): Promise<void> {
  const error = await refusalOf(work);
  assert.equal(error.problem, problem, error.detail);
}
