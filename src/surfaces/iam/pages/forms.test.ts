import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csrfNode, inputNode, submitNode } from '../../../core/self-service/ui/nodes.ts';
import type { UiNode } from '../../../core/self-service/ui/ui.ts';
import { drawFlow } from './draw-flow.ts';
import { planForms, skipsChecks, standsAlone } from './forms.ts';
import { textsFor } from './texts.ts';

const identifier = inputNode('default', { name: 'identifier', type: 'text', required: true });
const password = inputNode('password', { name: 'password', type: 'password', required: true });
const withPassword = submitNode('password', { value: 'password', labelId: 1010022 });
const withCode = submitNode('code', { value: 'code', labelId: 1010015 });
const withProvider = submitNode('oidc', { name: 'provider', value: 'example', labelId: 1070005 });
const keyName = inputNode('webauthn', { name: 'webauthn_register_displayname', type: 'text' });
const removeKey = submitNode('webauthn', { name: 'webauthn_remove', value: 'a1', labelId: 1070005 });

const planOf = (nodes: readonly UiNode[]) =>
  planForms(nodes).map(({ hidden, parts }) => ({
    hidden: hidden.map(({ attributes }) => attributes.name),
    groups: parts.map(({ group }) => group),
  }));

test('ways with a field in common are one form, the password first and other sites last', () => {
  assert.deepEqual(planOf([withProvider, csrfNode(), identifier, withCode, password, withPassword]), [
    { hidden: ['csrf_token'], groups: ['default', 'password', 'code', 'oidc'] },
  ]);
});

test('all others are a form each, and what is common goes along unseen', () => {
  const trait = inputNode('default', { name: 'traits.email', type: 'hidden', value: 'mia@example.org' });
  const hidden = ['csrf_token', 'traits.email'];
  assert.deepEqual(planOf([csrfNode(), trait, withCode, password, withPassword]), [
    { hidden, groups: ['code'] },
    { hidden, groups: ['password'] },
  ]);
});

test('a button is not kept back for another way’s field, and is for its own', () => {
  const [plan] = planForms([csrfNode(), identifier, withCode, password, withPassword]);
  assert.ok(plan);
  assert.equal(skipsChecks(plan, withCode), true);
  assert.equal(skipsChecks(plan, withPassword), false);
});

test('Enter in the name of a key removes no key', () => {
  const [plan] = planForms([csrfNode(), removeKey, keyName]);
  const [part] = plan?.parts ?? [];
  assert.ok(part);
  assert.equal(standsAlone(part, removeKey), true);
  const { text } = drawSettings([csrfNode('t'), removeKey, keyName]);
  assert.match(text, /<button type="submit" class="plain" name="webauthn_remove" value="a1" form="bare"/);
  assert.match(
    text,
    /<form method="post" id="bare" action="[^"]*"><input type="hidden" name="csrf_token" value="t">/,
  );
});

test('whatever nodes hold is text', () => {
  const hostile = `"'><script>`;
  const text = { id: 1, text: hostile, type: 'error', context: {} } as const;
  const node = inputNode(
    'profile',
    { name: 'traits.x', type: 'text', value: hostile, pattern: hostile },
    text,
  );
  const drawn = drawSettings([{ ...node, messages: [text] }, csrfNode(hostile)], [text]).text;
  assert.ok(!drawn.includes('<script>') && !drawn.includes(`"'>`), drawn);
});

function drawSettings(nodes: readonly UiNode[], messages: readonly UiNode['messages'][number][] = []) {
  const ui = { action: 'https://example.org/"x', method: 'POST', nodes, messages } as const;
  return drawFlow(textsFor(['en']), { kind: 'settings' }, ui);
}
