import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow } from '../../../core/self-service/flow.ts';
import { submitNode } from '../../../core/self-service/ui/nodes.ts';
import { formSourcesOf } from './form-sources.ts';

const BASE = 'https://id.example.com/p/1';
const provider = submitNode('oidc', { name: 'provider', value: 'example', labelId: 1070005 });
const flowTo = (returnTo: string | null) => ({ content: { returnTo } }) as Flow;
const OWN = { ui: BASE, base: BASE };

test('a form stays here, unless its flow leads elsewhere', () => {
  assert.deepEqual(formSourcesOf(OWN, flowTo(null), { nodes: [] }), []);
  assert.deepEqual(formSourcesOf(OWN, flowTo('https://id.example.com/else'), { nodes: [] }), []);
  assert.deepEqual(formSourcesOf(OWN, flowTo('https://app.example.com/a?b'), { nodes: [] }), [
    'https://app.example.com',
  ]);
  assert.deepEqual(formSourcesOf(OWN, flowTo('com.example.app://done'), { nodes: [] }), ['com.example.app:']);
  const elsewhere = { ui: 'https://login.example.com/ui', base: BASE };
  assert.deepEqual(formSourcesOf(elsewhere, flowTo(null), { nodes: [] }), ['https://login.example.com']);
});

test('who signs in at another site may be sent to any, without TLS only where there is none here', () => {
  assert.deepEqual(formSourcesOf(OWN, flowTo(null), { nodes: [provider] }), ['https:']);
  const local = { ui: 'http://127.0.0.1:4400', base: 'http://127.0.0.1:4400' };
  assert.deepEqual(formSourcesOf(local, flowTo(null), { nodes: [provider] }), ['https:', 'http:']);
});
