import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PoolId } from '../../core/ports.ts';
import { createGuardedClient } from '../net/guarded-client.ts';
import { createOutsideProviders } from './outside-providers.ts';
import { assertRefused, json, MovedClock, open, POOL, silence, startStandIn } from './testing/stand-in.ts';

const OTHER = '0190a1b2-0000-7000-8000-000000000002' as PoolId;
/** Long enough for a thousand calls to be sent, however busy the machine is. */
const PATIENCE_MS = 3000;
const ME = '/2/users/me';
const PERSON = json({ data: { id: '9' } });

test('a thousand calls of a provider that hangs hold at most 64 connections, and the circuit opens', async (t) => {
  const clock = new MovedClock();
  const hanging = await startStandIn(t, { [ME]: silence });
  const healthy = await startStandIn(t, { [ME]: PERSON });
  const client = createGuardedClient({
    ...{ allowPrivate: ['127.0.0.0/8'], timeoutMs: 6000, maxResponseBytes: 1000 },
  });
  const providers = createOutsideProviders({ client, clock });
  const of = (poolId: PoolId, url: string, timeoutMs: number) =>
    providers.of(poolId, 'twitter', { kind: 'twitter', apiUrl: url, timeoutMs });
  const calls = Array.from({ length: 1000 }, (_, count) =>
    of(POOL, hanging.url, PATIENCE_MS)
      .verify(`token ${count}`)
      .catch((error: { problem: string }) => error.problem),
  );
  assert.equal((await of(OTHER, healthy.url, 2500).verify('token')).subject, '9');
  const problems = await Promise.all(calls);
  assert.ok(hanging.asked.length <= 64, `${hanging.asked.length} requests`);
  assert.equal(problems.filter((one) => one === 'provider_timeout').length, 64);
  assert.equal(problems.filter((one) => one === 'provider_error').length, 936);
  const before = hanging.asked.length;
  await assertRefused(of(POOL, hanging.url, PATIENCE_MS).verify('one more'), 'provider_error');
  assert.equal(hanging.asked.length, before);
});

test('an open circuit lets one request try after ten seconds, and closes when that is answered', async (t) => {
  const clock = new MovedClock();
  const standIn = await startStandIn(t, { [ME]: json({}, 503) });
  const twitter = open(clock, { kind: 'twitter', apiUrl: standIn.url });
  // A read is sent twice: five failures.
  for (let count = 0; count < 3; count += 1) await assertRefused(twitter.verify('token'), 'provider_error');
  assert.equal(standIn.asked.length, 5);
  clock.advance(11);
  await assertRefused(twitter.verify('token'), 'provider_error');
  assert.equal(standIn.asked.length, 6, 'one tries, its retry is kept away');
  clock.advance(11);
  standIn.answers[ME] = PERSON;
  await twitter.verify('token');
  await twitter.verify('another');
  assert.equal(standIn.asked.length, 8);
});

test('what a provider refuses opens no circuit, and is sent once', async (t) => {
  const standIn = await startStandIn(t, { [ME]: json({}, 401) });
  const twitter = open(new MovedClock(), { kind: 'twitter', apiUrl: standIn.url });
  for (let count = 0; count < 10; count += 1) await assertRefused(twitter.verify('token'), 'invalid_token');
  assert.equal(standIn.asked.length, 10);
});

test('an answer that dribbles is given up in time', async (t) => {
  const standIn = await startStandIn(t, {
    [ME](_asked, response) {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    },
  });
  const twitter = open(new MovedClock(), { kind: 'twitter', apiUrl: standIn.url, timeoutMs: 150 });
  await assertRefused(twitter.verify('token'), 'provider_timeout');
});

test('a provider at a private address that is not allowed is not asked', async () => {
  const twitter = open(new MovedClock(), { kind: 'twitter', apiUrl: 'http://169.254.169.254' });
  await assertRefused(twitter.verify('token'), 'provider_error');
});
