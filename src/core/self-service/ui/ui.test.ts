import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InternalFault } from '../../errors.ts';
import type { TraitField, Violation } from '../../traits/ports.ts';
import { fieldNodes } from './field-nodes.ts';
import { violationText, withMessage, withNodeMessage, withoutMessages, withViolations } from './messages.ts';
import {
  anchorNode,
  csrfNode,
  divisionNode,
  imageNode,
  inputNode,
  scriptNode,
  submitNode,
  textNode,
  withCsrfToken,
  withNodes,
  withoutGroups,
} from './nodes.ts';
import { inOrder } from './order.ts';
import { sayText } from './texts.ts';
import { nameOf, type Ui, type UiNode } from './ui.ts';
import { withoutValue, withValues } from './values.ts';

const FIELDS: readonly TraitField[] = [
  {
    ...{ name: 'traits.email', path: ['traits', 'email'], type: 'email', title: 'E-mail', required: true },
    ...{ autocomplete: 'email', maxLength: 320 },
  },
  {
    name: 'traits.name.first',
    path: ['traits', 'name', 'first'],
    type: 'text',
    required: false,
    pattern: '^A',
  },
  { name: 'traits.age', path: ['traits', 'age'], type: 'number', required: false, disabled: true },
  { name: 'traits.news', path: ['traits', 'news'], type: 'checkbox', required: false },
];
const password = inputNode(
  'password',
  { name: 'password', type: 'password', required: true, autocomplete: 'current-password' },
  sayText(1070001),
);
const identifier = inputNode(
  'default',
  { name: 'identifier', type: 'text', required: true },
  sayText(1070004),
);
const method = submitNode('password', { value: 'password', labelId: 1010022 });
const uiOf = (...nodes: UiNode[]): Ui => ({ action: 'https://id/x', method: 'POST', nodes, messages: [] });
const namesOf = (nodes: readonly UiNode[]) => nodes.map((node) => `${node.group}.${nameOf(node)}`);

test('nodes have the shape that clients of the contract read', () => {
  assert.deepEqual(csrfNode(), {
    type: 'input',
    group: 'default',
    attributes: {
      ...{ name: 'csrf_token', type: 'hidden', value: '', required: true, disabled: false },
      node_type: 'input',
    },
    messages: [],
    meta: {},
  });
  assert.deepEqual(method, {
    type: 'input',
    group: 'password',
    attributes: { name: 'method', type: 'submit', value: 'password', disabled: false, node_type: 'input' },
    messages: [],
    meta: { label: { id: 1010022, text: 'Sign in with password', type: 'info' } },
  });
  const qr = imageNode('totp', { id: 'totp_qr', src: 'data:x', width: 256, height: 256 }, sayText(1050005));
  assert.deepEqual(qr.attributes, {
    src: 'data:x',
    id: 'totp_qr',
    width: 256,
    height: 256,
    node_type: 'img',
  });
  const text = sayText(1050006, { secret: 'ABC' });
  assert.deepEqual(textNode('totp', { id: 'totp_secret_key', text }).attributes, {
    text: { id: 1050006, text: 'ABC', type: 'info', context: { secret: 'ABC' } },
    ...{ id: 'totp_secret_key', node_type: 'text' },
  });
  const link = anchorNode('code', { id: 'continue', href: 'https://x', title: sayText(1070009) });
  assert.deepEqual([link.type, link.attributes.node_type, nameOf(link)], ['a', 'a', 'continue']);
  const script = scriptNode('webauthn', {
    id: 'webauthn_script',
    src: 'https://x',
    integrity: 'i',
    nonce: 'n',
  });
  assert.deepEqual(script.attributes, {
    ...{
      src: 'https://x',
      async: true,
      referrerpolicy: 'no-referrer',
      crossorigin: 'anonymous',
      integrity: 'i',
    },
    ...{ type: 'text/javascript', id: 'webauthn_script', nonce: 'n', node_type: 'script' },
  });
  const division = divisionNode('captcha', { id: 'c', class: 'box', data: { a: 'b' } });
  assert.deepEqual(division.attributes, { class: 'box', data: { a: 'b' }, id: 'c', node_type: 'div' });
});

test('each trait is an input with what the schema says of it', () => {
  const [email, first, age, news] = fieldNodes(FIELDS, 'profile');
  assert.deepEqual(email, {
    type: 'input',
    group: 'profile',
    attributes: {
      ...{ name: 'traits.email', type: 'email', required: true, autocomplete: 'email', maxlength: 320 },
      ...{ disabled: false, node_type: 'input' },
    },
    messages: [],
    meta: {
      label: {
        ...{ id: 1070002, text: 'E-mail', type: 'info' },
        context: { title: 'E-mail', name: 'traits.email' },
      },
    },
  });
  assert.deepEqual(first?.meta, {}, 'without a title there is no label');
  assert.equal(first?.attributes.pattern, '^A');
  assert.ok(!('required' in (first?.attributes ?? {})));
  assert.equal(age?.attributes.disabled, true);
  assert.equal(news?.attributes.type, 'checkbox');
});

test('what was typed comes back, passwords, codes and what the flow itself put there do not', () => {
  const nodes = [
    ...[csrfNode('token'), identifier, password, method, ...fieldNodes(FIELDS, 'default')],
    inputNode('code', { name: 'code', type: 'text' }),
    inputNode('totp', { name: 'totp_code', type: 'text' }),
    inputNode('lookup_secret', { name: 'lookup_secret', type: 'text' }),
    inputNode('passkey', { name: 'passkey_challenge', type: 'hidden', value: 'ours' }),
    inputNode('code', { name: 'email', type: 'submit', value: 'ours' }),
  ];
  const sent = {
    ...{ csrf_token: 'SECRET', identifier: 'jo', password: 'SECRET', method: 'SECRET', code: 'SECRET' },
    ...{ totp_code: 'SECRET', lookup_secret: 'SECRET', passkey_challenge: 'SECRET', email: 'SECRET' },
    traits: { email: 'jo@example.com', name: { first: 'Jo' }, age: 7, news: true },
  };
  const filled = withValues(nodes, sent);
  assert.ok(!JSON.stringify(filled).includes('SECRET'));
  const values = filled.map((node) => (node.type === 'input' ? node.attributes.value : undefined));
  assert.deepEqual(values, [
    ...['token', 'jo', undefined, 'password', 'jo@example.com', 'Jo', 7, true],
    ...[undefined, undefined, undefined, 'ours', 'ours'],
  ]);
  assert.equal(nodes[1], identifier, 'the nodes given are left alone');
  const [emptied] = withoutValue(withValues([identifier], sent), 'identifier');
  assert.deepEqual(emptied, identifier);
});

test('what is no value of the field is not shown', () => {
  const nodes = fieldNodes(FIELDS, 'default');
  const bad: unknown[] = [{}, [], null, undefined, 'x'.repeat(1025), { email: { toString: 'x' } }];
  for (const email of bad) assert.deepEqual(withValues(nodes, { traits: { email } }), nodes);
  assert.deepEqual(withValues(nodes, { traits: { news: 'yes' } }), nodes);
  assert.deepEqual(withValues(nodes, { traits: null }), nodes);
  const inherited = inputNode('default', { name: 'traits.toString', type: 'text' });
  assert.deepEqual(withValues([inherited], { traits: {} }), [inherited]);
});

const violation = (path: Violation['instancePath'], parts: Partial<Violation> = {}): Violation => ({
  ...{
    instancePath: path,
    schemaPath: '#',
    keyword: 'k',
    params: {},
    messageId: 4000001,
    text: 'is not valid',
  },
  ...parts,
});

test('what a schema says stands on the node that it is about, and on top where there is none', () => {
  const told = withViolations(uiOf(...fieldNodes(FIELDS, 'default')), [
    violation(['traits', 'email'], { messageId: 4000040, text: 'is not valid "email"' }),
    violation(['traits', 'name', 'first'], {
      messageId: 4000003,
      text: 'length must be >= 3',
      params: { limit: 3 },
    }),
    violation(['traits', 'age'], { messageId: 4000002, text: 'x', params: { missingProperty: 'age' } }),
    violation(['traits', 'other']),
    violation(['traits', 'email', 0]),
  ]);
  assert.deepEqual(
    told.nodes.map(({ messages }) => messages.map(({ id, text, context }) => [id, text, context])),
    [
      [
        [4000040, 'Enter a valid email address', undefined],
        [4000001, 'is not valid', { reason: 'is not valid' }],
      ],
      [[4000003, 'length must be >= 3', { min_length: 3 }]],
      [[4000002, 'Property age is missing.', { property: 'age' }]],
      [],
    ],
  );
  assert.deepEqual(told.messages, [violationText(violation(['traits', 'other']))]);
  assert.deepEqual(withoutMessages(told), uiOf(...fieldNodes(FIELDS, 'default')));
});

test('a message is added to the first node of its name and to nothing else', () => {
  const told = withNodeMessage(
    uiOf(identifier, password, password),
    'password',
    sayText(4000032, { min_length: 8, actual_length: 3 }),
  );
  assert.deepEqual(
    told.nodes.map(({ messages }) => messages.length),
    [0, 1, 0],
  );
  assert.equal(
    told.nodes[1]?.messages[0]?.text,
    'The password must be at least 8 characters long, but got 3.',
  );
  assert.equal(withMessage(told, sayText(4000006)).messages[0]?.type, 'error');
});

test('groups stand in the order of their flow, and the button of the method is last in its group', () => {
  const code = submitNode('code', { value: 'code', labelId: 1010015 });
  const totp = inputNode('totp', { name: 'totp_code', type: 'text' });
  const shuffled = [method, totp, password, code, identifier, csrfNode()];
  assert.deepEqual(namesOf(inOrder('login', shuffled)), [
    ...['default.csrf_token', 'default.identifier', 'code.method'],
    ...['password.password', 'password.method', 'totp.totp_code'],
  ]);
  const traits = fieldNodes(FIELDS, 'profile');
  const save = submitNode('profile', { value: 'profile', labelId: 1070003 });
  assert.deepEqual(namesOf(inOrder('settings', [method, save, totp, ...traits, password, csrfNode()])), [
    'default.csrf_token',
    ...traits.map(({ attributes }) => `profile.${attributes.name}`),
    ...['profile.method', 'password.password', 'password.method', 'totp.totp_code'],
  ]);
});

test('in recovery and verification the button that sends again stays behind the code', () => {
  const sent = [
    inputNode('code', { name: 'code', type: 'text' }),
    submitNode('code', { value: 'code', labelId: 1070009 }),
    submitNode('code', { name: 'email', value: 'jo@example.com', labelId: 1070008 }),
  ];
  assert.deepEqual(namesOf(inOrder('recovery', [...sent, csrfNode()])), [
    ...['default.csrf_token', 'code.code', 'code.method', 'code.email'],
  ]);
});

test('nodes are replaced by name and group, added at the end, and taken out by group', () => {
  const code = submitNode('code', { value: 'code', labelId: 1010015 });
  const later = submitNode('code', { value: 'code', labelId: 1070009 });
  const nodes = withNodes([csrfNode(), code, method], [later, identifier]);
  assert.deepEqual(nodes, [csrfNode(), later, method, identifier]);
  assert.deepEqual(withoutGroups(nodes, ['code', 'password']), [csrfNode(), identifier]);
  assert.deepEqual(withCsrfToken(nodes, 't')[0], csrfNode('t'));
});

test('a text with nothing for one of its names is a fault, not a text with a hole', () => {
  assert.throws(() => sayText(1010023), InternalFault);
  assert.equal(sayText(1010023, { address: '{channel}', channel: 'email' }).text, 'Send code to {channel}');
});
