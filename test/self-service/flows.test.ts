import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NotFound, SealBroken } from '../../src/core/errors.ts';
import { together } from '../../src/core/records.ts';
import { changeFlow, finishFlow } from '../../src/core/self-service/change-flow.ts';
import { createFlowWithin } from '../../src/core/self-service/create-flow.ts';
import {
  FlowChanged,
  FlowExpired,
  FlowFinished,
  FlowOfAnother,
  FlowReplaced,
} from '../../src/core/self-service/errors.ts';
import type { Flow } from '../../src/core/self-service/flow.ts';
import {
  getFlow,
  requireOwner,
  requireUnexpired,
  requireUnfinished,
} from '../../src/core/self-service/get-flow.ts';
import type { FlowId } from '../../src/core/self-service/ports.ts';
import { putInPlace, renewIfExpired } from '../../src/core/self-service/renew-flow.ts';
import { withMessage } from '../../src/core/self-service/ui/messages.ts';
import { expiredText } from '../../src/core/self-service/ui/texts.ts';
import { type FlowSite, LIFESPAN_SECONDS, openFlowSite, settle, UI } from './kit.ts';

let site: FlowSite;
before(async () => {
  site = await openFlowSite();
});
after(() => site[Symbol.asyncDispose]());

const stores = () => ({ flows: site.deps.flows });
const change = (flow: Flow, step: Parameters<typeof changeFlow>[3]) =>
  changeFlow(stores(), site.deps, flow, step);
const finish = (flow: Flow, step: Parameters<typeof finishFlow>[3] = {}) =>
  finishFlow(stores(), site.deps, flow, step);
const shown = ({ key: _, vault: __, configVersion: ___, ...flow }: Flow) => flow;

test('a flow is read as it was begun', async () => {
  const begun = await site.begin({ requestedAal: 'aal2', refresh: true });
  const read = await site.read(begun);
  assert.deepEqual(shown(read), shown(begun));
  assert.deepEqual([read.state, read.requestedAal, read.refresh], ['choose_method', 'aal2', true]);
  assert.equal(read.expiresAt.getTime() - read.issuedAt.getTime(), LIFESPAN_SECONDS * 1000);
  assert.equal((await site.begin({ kind: 'settings' })).state, 'show_form');
});

test('nothing that may be personal is readable in its row', async () => {
  const { id } = await site.begin();
  const [row] = await site.sql<{ row: string }>(
    `/* scatter: a test */ select (f.*)::text as row from flows f where f.id = '${id}'`,
  );
  for (const plain of ['PRIVATE', 'login_hint', 'identifier']) {
    assert.ok(!row?.row.includes(plain));
    assert.ok(!row?.row.includes(Buffer.from(plain).toString('hex')));
  }
});

test('a flow of another pool or kind, and one that there is not, look alike', async () => {
  const { id } = await site.begin();
  const { poolId } = site.own.principal;
  const elsewhere = site.other.principal.poolId;
  const never = site.deps.ids.next() as FlowId;
  await assert.rejects(getFlow(site.deps, { poolId: elsewhere, id, kind: 'login' }), NotFound);
  await assert.rejects(getFlow(site.deps, { poolId, id, kind: 'recovery' }), NotFound);
  await assert.rejects(getFlow(site.deps, { poolId, id: never, kind: 'login' }), NotFound);
});

test('a box moved to another flow does not open', async () => {
  const [one, two] = [await site.begin(), await site.begin()];
  await site.sql(`/* scatter: a test */ update flows set box = (select box from flows where id = '${one.id}')
    where id = '${two.id}'`);
  await assert.rejects(site.read(two), SealBroken);
});

test('a step is kept, and what it does not name stays', async () => {
  const flow = await site.begin();
  const data = { address: 'PRIVATE' };
  const changed = await change(flow, { state: 'sent_email', active: 'code', content: { data } });
  const read = await site.read(flow);
  assert.deepEqual(shown(read), shown(changed));
  assert.deepEqual([read.state, read.active, read.revision], ['sent_email', 'code', 2]);
  assert.deepEqual([read.content.data, read.content.ui], [data, UI]);
});

test('of many submits at once of what was read once, one is written', async () => {
  const flow = await site.begin();
  const tries = Array.from({ length: 20 }, (_, n) => change(flow, { active: `method ${n}` }));
  const { won, lost } = await settle(tries);
  assert.equal(won.length, 1);
  assert.ok(lost.every((error) => error instanceof FlowChanged));
  assert.equal((await site.read(flow)).active, won[0]?.active);
});

test('a flow is used up once, however many try at once, and what it bought is bought once', async () => {
  const before = await countFlows('settings');
  const flow = await site.begin();
  const tries = Array.from({ length: 50 }, () =>
    together(site.deps, async (tx) => {
      await finishFlow(tx, site.deps, flow, { state: 'passed_challenge' });
      return createFlowWithin(tx, site.deps, site.newFlow({ kind: 'settings' }));
    }),
  );
  const { won, lost } = await settle(tries);
  assert.equal(won.length, 1);
  assert.ok(lost.every((error) => error instanceof FlowChanged));
  assert.equal((await countFlows('settings')) - before, 1);
});

test('a flow that was used up shows its outcome, keeps nothing of its steps and takes nothing more', async () => {
  const flow = await finish(await site.begin(), { state: 'passed_challenge' });
  const read = await site.read(flow);
  assert.deepEqual([read.state, read.content.data, read.content.ui], ['passed_challenge', {}, UI]);
  assert.throws(() => requireUnfinished(read), FlowFinished);
  await assert.rejects(change(read, { active: 'code' }), FlowChanged);
  await assert.rejects(finish(read), FlowChanged);
});

test('iam 64: an expired flow says since when, and takes nothing more', async () => {
  const flow = await site.begin();
  requireUnexpired(site.deps, flow);
  site.clock.advance(LIFESPAN_SECONDS + 30);
  const read = await site.read(flow);
  assert.throws(
    () => requireUnexpired(site.deps, read),
    (error) => {
      assert.ok(error instanceof FlowExpired);
      assert.deepEqual([error.code, error.sinceMs], ['self_service_flow_expired', 30_000]);
      assert.deepEqual([error.expiredAt, error.useFlowId], [flow.expiresAt, null]);
      assert.deepEqual(error.flow, { kind: 'login', type: 'browser', returnTo: null });
      return true;
    },
  );
  await assert.rejects(change(read, { active: 'code' }), FlowChanged);
});

test('submitted, it names one new flow, to whoever submits it and however often', async () => {
  const flow = await site.begin();
  await renewIfExpired(site.deps, flow, () => site.newFlow());
  site.clock.advance(LIFESPAN_SECONDS + 30);
  const begin = () => {
    const text = expiredText('login', { expiredAt: flow.expiresAt, now: site.clock.now() });
    const { content, ...rest } = site.newFlow();
    return { ...rest, content: { ...content, ui: withMessage(UI, text) } };
  };
  const count = await countFlows('login');
  const ask = () => Array.from({ length: 10 }, () => renewIfExpired(site.deps, flow, begin));
  const { won, lost } = await settle([...ask(), ...ask()]);
  const named = new Set(lost.map((error) => (error instanceof FlowExpired ? error.useFlowId : error)));
  assert.deepEqual([won.length, named.size], [0, 1]);
  assert.equal((await countFlows('login')) - count, 1);
  const [id] = named;
  const fresh = await site.read({ id: id as FlowId, kind: 'login' });
  assert.equal(fresh.content.ui.messages[0]?.id, 4010001);
  assert.ok(fresh.expiresAt > site.clock.now());
});

test('a new flow that was used up is itself followed by another', async () => {
  const flow = await site.begin();
  const first = await putInPlace(site.deps, flow, () => site.newFlow());
  assert.equal(await putInPlace(site.deps, flow, () => site.newFlow()), first);
  await finish(await site.read({ id: first, kind: 'login' }));
  const second = await putInPlace(site.deps, flow, () => site.newFlow());
  assert.notEqual(second, first);
  assert.equal((await site.read(flow)).replacedBy, second);
});

test('a flow that was used up and has a successor names it', async () => {
  const flow = await finish(await site.begin({ kind: 'verification' }));
  const useFlowId = await putInPlace(site.deps, flow, () => site.newFlow({ kind: 'verification' }));
  const read = await site.read(flow);
  assert.throws(
    () => requireUnfinished(read),
    (error) => error instanceof FlowReplaced && error.useFlowId === useFlowId,
  );
});

test('iam 71: a flow of one person is for nobody else', async () => {
  const [one, two] = [await site.createIdentity(), await site.createIdentity()];
  const flow = await site.begin({ kind: 'settings', identityId: one });
  requireOwner(flow, one);
  assert.throws(() => requireOwner(flow, two), FlowOfAnother);
  requireOwner(await site.begin(), two);
});

test('the flows of an identity that is erased are gone at once', async () => {
  const identityId = await site.createIdentity();
  const flow = await site.begin({ kind: 'settings', identityId });
  await site.erase(identityId);
  await assert.rejects(site.read(flow), NotFound);
  const kept = await site.begin();
  await site.deps.flows.removeFlowsOf(flow.poolId, identityId);
  assert.deepEqual(await keysOf(flow), []);
  assert.equal((await keysOf(kept)).length, 1);
});

test('flows open as they were, whichever keys are rotated', async () => {
  const flow = await site.begin();
  for (const kind of ['pool', 'data', 'pool'] as const) {
    await site.rotate(kind);
    assert.deepEqual((await site.read(flow)).content, flow.content);
  }
  const changed = await change(await site.read(flow), { active: 'code' });
  assert.deepEqual(shown(await site.read(flow)), shown(changed));
  assert.equal((await keysOf(flow))[0]?.version, 3, 'its own key comes under the new pool key');
});

async function countFlows(kind: string): Promise<number> {
  const text = `/* scatter: a test */ select count(*)::integer as n from flows where kind = '${kind}'`;
  return (await site.sql<{ n: number }>(text))[0]?.n ?? -1;
}

function keysOf({ id }: Flow): Promise<{ version: number }[]> {
  return site.sql(
    `/* scatter: a test */ select get_byte(wrapped, 4) as version from flow_keys where flow_id = '${id}'`,
  );
}
