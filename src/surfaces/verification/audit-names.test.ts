import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatUuid } from '../../kit/ids.ts';
import {
  actionsOfEventType,
  eventTypeOf,
  parseResourceId,
  resourceIdOf,
  resourceTypeOf,
} from './audit-names.ts';

const SOURCE = new URL('../..', import.meta.url).pathname;

/** Every action that the source writes down. */
function writtenActions(): string[] {
  const texts = globSync('**/*.ts', { cwd: SOURCE })
    .filter((path) => !path.endsWith('.test.ts') && !path.startsWith('surfaces/'))
    .map((path) => readFileSync(`${SOURCE}${path}`, 'utf8'));
  const found = texts.flatMap((text) =>
    [...text.matchAll(/\baction: '([a-z_]+\.[a-z_]+)'/g)].map(([, action = '']) => action),
  );
  return [...new Set(found)].sort();
}

test('what the contract and the surface name is called so', () => {
  assert.deepEqual(
    [
      ...[
        'identity.created',
        'identity.updated',
        'identity.archived',
        'identity.restored',
        'identity.erased',
      ],
      ...['identity.tagged', 'identity.deleted', 'identity.exported', 'identity_type.created', 'key.revoked'],
    ].map(eventTypeOf),
    [
      ...['api.identity.create', 'api.identity.update', 'api.identity.archive', 'api.identity.restore'],
      ...['api.identity.redact', 'api.identity.tag', 'api.identity.delete', 'api.identity.export'],
      ...['api.identity_type.create', 'api.key.revoke'],
    ],
  );
});

test('no action of the source is called what it was: each has a name of its own', () => {
  const actions = writtenActions();
  assert.ok(actions.includes('identity.erased') && actions.includes('pool.configured'));
  for (const action of actions) assert.notEqual(eventTypeOf(action), `api.${action}`, action);
});

test('whatever an action is, it has a type that leads back to it', () => {
  const word = fc.stringMatching(/^[a-z][a-z_]{0,12}$/);
  fc.assert(
    fc.property(word, word, (resource, verb) => {
      const action = `${resource}.${verb}`;
      const type = eventTypeOf(action);
      assert.ok(type.startsWith(`api.${resourceTypeOf(action)}.`));
      assert.ok(actionsOfEventType(type).includes(action));
    }),
  );
  for (const action of writtenActions()) assert.ok(actionsOfEventType(eventTypeOf(action)).includes(action));
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(actionsOfEventType(text))));
});

test('an id that is shown is read as what it is shown for, and any other text as none or another', () => {
  const id = formatUuid({ ms: 1_700_000_000_000, random: 5n });
  for (const action of [...writtenActions(), 'something_else.happened']) {
    const read = parseResourceId(resourceIdOf(action, id));
    assert.deepEqual(read, { resource: action.split('.')[0], id }, action);
  }
  fc.assert(fc.property(fc.string(), (text) => parseResourceId(text) === null));
});
