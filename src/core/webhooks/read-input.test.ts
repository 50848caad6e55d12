import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWebhook, type WebhookInput } from './read-input.ts';

const LIVE = { dialect: 'verification', environment: 'live', plainHttp: false } as const;
const read = (input: WebhookInput, rules: Partial<Parameters<typeof readWebhook>[1]> = {}) =>
  readWebhook(input, { ...LIVE, ...rules });

test('an address without TLS is for sandboxes, and for installations that call private addresses', () => {
  const url = 'http://example.com/hook';
  const [problem, ...more] = read({ url }).problems;
  assert.deepEqual([problem?.path, more], [['url'], []]);
  assert.match(problem?.message ?? '', /^must be an https URL/);
  assert.equal(read({ url }, { environment: 'sandbox' }).read.url, url);
  assert.equal(read({ url }, { plainHttp: true }).read.url, url);
  assert.equal(read({ url: 'https://example.com/hook' }).read.url, 'https://example.com/hook');
});

test('no problem tells the value that was sent', () => {
  const value = 'canary-4711';
  const input: WebhookInput = {
    ...{ url: value, enabled_events: [value], attribute_blocklist: value, key_inflection: value },
    ...{ event_filter_conditions: [{ field: value, operator: value, value }], label: 7, is_active: value },
  };
  const { problems } = read(input);
  assert.equal(problems.length, 8);
  assert.ok(!JSON.stringify(problems).includes(value));
});

test('what is not sent stays unsaid, null and a star say all', () => {
  assert.deepEqual(new Set(Object.values(read({}).read)), new Set([undefined]));
  assert.equal(read({ enabled_events: null }).read.enabledEvents, null);
  assert.equal(read({ enabled_events: ['identity.created', '*'] }).read.enabledEvents, null);
  assert.deepEqual(read({ enabled_events: ['session.completed'] }).read.enabledEvents, ['session.completed']);
});
