import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRecoveryCode } from '../../src/core/iam/create-recovery.ts';
import { RECOVERY } from '../../src/core/self-service/methods/recovery.ts';
import type { Submission } from '../../src/core/self-service/visit.ts';
import { COOKIE, type FlowSite, openFlowSite } from './kit.ts';

let site: FlowSite;
before(async () => {
  site = await openFlowSite();
});
after(() => site[Symbol.asyncDispose]());

/** A flow of an administrator with the right code in it, by what a pool offers. */
async function recover(continuesWith: boolean) {
  const identityId = await site.createIdentity();
  const deps = { ...site.deps, selfService: { ...site.deps.selfService, continuesWith } };
  const { flow, code } = await createRecoveryCode(deps, site.own, {
    ...{ identityId, type: 'browser', lifespanSeconds: null, requestUrl: 'https://x/' },
  });
  const submission: Submission = {
    ...{ flow, poolId: flow.poolId, context: site.own, base: 'https://x', address: '203.0.113.9' },
    ...{ origin: { ipAddress: null, userAgent: null }, languages: ['en'], visitor: null },
    ...{ csrfCookie: COOKIE, body: { method: 'code', code }, isForm: false },
  };
  return { identityId, outcome: await RECOVERY.submit(deps, submission) };
}

test('a client that is told what to do next stays with its flow', async () => {
  const { outcome } = await recover(true);
  assert.ok(outcome.kind === 'stayed');
  assert.deepEqual([outcome.as, outcome.flow.state], ['accepted', 'passed_challenge']);
  assert.deepEqual(
    outcome.continueWith.map(({ next }) => next),
    ['settings'],
  );
});

test('any other is sent to the settings of the person who got back in', async () => {
  const { identityId, outcome } = await recover(false);
  assert.ok(outcome.kind === 'elsewhere');
  const { to, signedIn } = outcome;
  assert.deepEqual(
    [to.kind, to.type, to.state, to.identityId],
    ['settings', 'browser', 'show_form', identityId],
  );
  assert.equal(to.sessionId, signedIn?.session.id);
  assert.deepEqual(
    to.content.ui.messages.map(({ id }) => id),
    [1060001],
  );
});
