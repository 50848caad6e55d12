import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { together } from '../../src/core/records.ts';
import { finishFlow } from '../../src/core/self-service/change-flow.ts';
import { issueCode, useCode } from '../../src/core/self-service/codes.ts';
import { DEFAULT_SELF_SERVICE } from '../../src/core/self-service/config.ts';
import type { Flow } from '../../src/core/self-service/flow.ts';
import type { CodePurpose } from '../../src/core/self-service/ports.ts';
import { type FlowSite, openFlowSite } from './kit.ts';

let site: FlowSite;
before(async () => {
  site = await openFlowSite();
});
after(() => site[Symbol.asyncDispose]());

const { seconds: lifespanSeconds, submissionsMax } = DEFAULT_SELF_SERVICE.codes;
const ADDRESS = 'jo@example.com';
const purpose: CodePurpose = 'login';

const issue = (flow: Flow, more: Partial<Parameters<typeof issueCode>[2]> = {}) =>
  issueCode({ codes: site.deps.codes }, site.deps, {
    ...{ flow, purpose, address: ADDRESS, identityId: null, lifespanSeconds },
    ...more,
  });
const attempt = (flow: Flow, code: string, more: Partial<Parameters<typeof useCode>[1]> = {}) =>
  useCode(site.deps, { flow, purpose, addresses: [ADDRESS], code, submissionsMax, ...more });
const outcomes = async (flow: Flow, ...codes: string[]) => {
  const seen: string[] = [];
  for (const code of codes) seen.push((await attempt(flow, code)).outcome);
  return seen;
};
const wrongOf = (code: string) => (code === '000000' ? '000001' : '000000');

test('a code opens once, and says whose address it was sent to', async () => {
  const identityId = await site.createIdentity();
  const flow = await site.begin();
  const code = await issue(flow, { identityId });
  assert.match(code, /^[0-9]{6}$/);
  assert.deepEqual(await attempt(flow, ` ${code.slice(0, 3)} ${code.slice(3)} `), {
    ...{ outcome: 'used', address: ADDRESS, identityId },
  });
  assert.deepEqual(await outcomes(flow, code), ['wrong']);
});

test('fifty parallel uses of one code: exactly one wins', async () => {
  const flow = await site.begin();
  const code = await issue(flow);
  const ends = await Promise.all(Array.from({ length: 50 }, () => attempt(flow, code)));
  const count = (outcome: string) => ends.filter((end) => end.outcome === outcome).length;
  assert.deepEqual([count('used'), count('wrong'), count('too_many')], [1, 4, 45]);
});

test('fifty parallel uses win once also where as many submissions are allowed', async () => {
  const flow = await site.begin();
  const code = await issue(flow);
  const ends = await Promise.all(
    Array.from({ length: 50 }, () => attempt(flow, code, { submissionsMax: 100 })),
  );
  assert.equal(ends.filter(({ outcome }) => outcome === 'used').length, 1);
  assert.equal((await site.read(flow)).submitCount, 50);
});

test('iam 66: after five wrong codes the right one is refused too, and so is a new one', async () => {
  const flow = await site.begin();
  const code = await issue(flow);
  const wrong = wrongOf(code);
  assert.deepEqual(await outcomes(flow, wrong, wrong, wrong, wrong, wrong), Array(5).fill('wrong'));
  assert.deepEqual(await outcomes(flow, wrong, code, await issue(flow)), Array(3).fill('too_many'));
  const other = await site.begin();
  assert.deepEqual(await outcomes(other, await issue(other)), ['used']);
});

test('whatever is no code counts like a wrong one', async () => {
  const flow = await site.begin();
  const code = await issue(flow);
  const odd = ['', `${code}0`, code.slice(1), `-${code.slice(1)}`, '\u0661\u0662\u0663\u0664\u0665\u0666'];
  assert.deepEqual(await outcomes(flow, ...odd, code), [...Array(5).fill('wrong'), 'too_many']);
});

test('a wrong guess is counted also where nobody was sent a code', async () => {
  const flow = await site.begin();
  const guesses = Array(6).fill('123456');
  assert.deepEqual(await outcomes(flow, ...guesses), [...Array(5).fill('wrong'), 'too_many']);
});

test('a code is of no use in another flow, for another purpose or for another address', async () => {
  const [flow, other] = [await site.begin(), await site.begin({ kind: 'recovery' })];
  const code = await issue(flow);
  assert.deepEqual(await outcomes(other, code), ['wrong']);
  const bad = [{ purpose: 'recovery' as const }, { addresses: ['other@example.com'] }, { addresses: [] }];
  for (const more of bad) assert.equal((await attempt(flow, code, more)).outcome, 'wrong');
  assert.deepEqual(await outcomes(flow, code), ['used']);
});

test('a code that was copied to another flow’s row opens nothing there', async () => {
  const [flow, other] = [await site.begin(), await site.begin()];
  const code = await issue(flow);
  await issue(other);
  await site.sql(`/* scatter: a test */ update flow_codes set code_digest =
    (select code_digest from flow_codes where flow_id = '${flow.id}') where flow_id = '${other.id}'`);
  assert.deepEqual(await outcomes(other, code), ['wrong']);
});

test('of several addresses each has its own code, and the one that was used is told', async () => {
  const flow = await site.begin({ kind: 'registration' });
  await issue(flow);
  const code = await issue(flow, { address: 'two@example.com' });
  const used = await attempt(flow, code, { addresses: [ADDRESS, 'two@example.com'] });
  assert.deepEqual(used, { outcome: 'used', address: 'two@example.com', identityId: null });
});

test('a new code ends the one before, also one that was used', async () => {
  const flow = await site.begin();
  const first = await issue(flow);
  let second = await issue(flow);
  // Of a million it may be the same one again.
  if (second === first) second = await issue(flow);
  assert.deepEqual(await outcomes(flow, first, second), ['wrong', 'used']);
  assert.deepEqual(await outcomes(flow, await issue(flow)), ['used']);
});

test('a code can be used until it expires, and no longer', async () => {
  const [early, late] = [
    await site.begin({ lifespanSeconds: 9000 }),
    await site.begin({ lifespanSeconds: 9000 }),
  ];
  const codes = [await issue(early), await issue(late)] as const;
  site.clock.advance(lifespanSeconds - 1);
  assert.deepEqual(await outcomes(early, codes[0]), ['used']);
  site.clock.advance(1);
  assert.deepEqual(await outcomes(late, codes[1]), ['wrong']);
});

test('a flow that expired or was used up takes no codes', async () => {
  const expired = await site.begin({ lifespanSeconds: 60 });
  const code = await issue(expired);
  site.clock.advance(60);
  assert.deepEqual(await outcomes(expired, code), ['too_many']);
  const flow = await site.begin();
  const other = await issue(flow);
  await finishFlow({ flows: site.deps.flows }, site.deps, flow);
  assert.deepEqual(await outcomes(flow, other), ['too_many']);
});

test('a code that goes with a transaction that is undone was never sent', async () => {
  const flow = await site.begin();
  let code = '';
  const undone = together(site.deps, async (tx) => {
    code = await issueCode(tx, site.deps, {
      flow,
      purpose,
      address: ADDRESS,
      identityId: null,
      lifespanSeconds,
    });
    throw new RangeError('undone');
  });
  await assert.rejects(undone, RangeError);
  assert.deepEqual(await outcomes(flow, code), ['wrong']);
});

test('neither code nor address is readable in its row', async () => {
  const flow = await site.begin();
  const code = await issue(flow);
  const [row] = await site.sql<{ row: string }>(
    `/* scatter: a test */ select (c.*)::text as row from flow_codes c where c.flow_id = '${flow.id}'`,
  );
  assert.ok(row !== undefined);
  for (const plain of [
    ADDRESS,
    Buffer.from(ADDRESS).toString('hex'),
    `"${code}"`,
    Buffer.from(code).toString('hex'),
  ]) {
    assert.ok(!row.row.includes(plain));
  }
});
