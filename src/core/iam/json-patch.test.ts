import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type JsonObject, pointerTo } from '../traits/pointer.ts';
import { PatchRefused } from './errors.ts';
import { applyPatch, type PatchOperation } from './json-patch.ts';

const DOCUMENT: JsonObject = {
  name: { first: 'Ada' },
  'a/b': 1,
  'm~n': 2,
  tags: ['x', 'y'],
  list: [{ n: 1 }],
  nothing: null,
  text: 't',
};

const add = (path: string, value: unknown): PatchOperation => ({ op: 'add', path, value });
const replace = (path: string, value: unknown): PatchOperation => ({ op: 'replace', path, value });
const remove = (path: string): PatchOperation => ({ op: 'remove', path });
const patched = (...operations: PatchOperation[]): JsonObject => applyPatch(DOCUMENT, operations);
const refused = (operation: PatchOperation, problem: RegExp): void => {
  assert.throws(
    () => patched(operation),
    (error) => error instanceof PatchRefused && problem.test(error.publicMessage),
    operation.path,
  );
};

describe('operations', () => {
  it('set, change and remove members, with pointers unescaped', () => {
    const made = patched(add('/name/last', 'L'), replace('/a~1b', 3), remove('/m~0n'));
    assert.deepEqual(made, {
      ...{ name: { first: 'Ada', last: 'L' }, 'a/b': 3 },
      ...{ tags: ['x', 'y'], list: [{ n: 1 }], nothing: null, text: 't' },
    });
  });

  it('replace what is not there, and make what is missing on the way', () => {
    assert.deepEqual(patched(replace('/new', 1)).new, 1);
    assert.deepEqual(patched(add('/new/a/b', 1)).new, { a: { b: 1 } });
    assert.deepEqual(patched(replace('/nothing/a', 1)).nothing, { a: 1 });
    assert.deepEqual(patched(add('/new/list/-', 1)).new, { list: [1] });
    assert.deepEqual(patched(add('/new/0', 1)).new, [1]);
    assert.deepEqual(patched(add('/name/2024', 1)).name, { first: 'Ada', 2024: 1 });
  });

  it('take positions of lists strictly', () => {
    assert.deepEqual(patched(add('/tags/1', 'n')).tags, ['x', 'n', 'y']);
    assert.deepEqual(patched(add('/tags/2', 'n')).tags, ['x', 'y', 'n']);
    assert.deepEqual(patched(add('/tags/-', 'n')).tags, ['x', 'y', 'n']);
    assert.deepEqual(patched(replace('/tags/1', 'n')).tags, ['x', 'n']);
    assert.deepEqual(patched(remove('/tags/0')).tags, ['y']);
    assert.deepEqual(patched(add('/list/0/m', 2)).list, [{ n: 1, m: 2 }]);
    for (const path of ['/tags/3', '/tags/01', '/tags/-1', '/tags/x', '/tags/1e0', '/tags/length'])
      refused(add(path, 1), /^operation 0: there is no such position/);
    for (const path of ['/tags/2', '/tags/-', '/new/0', '/list/1/m', '/list/-/m'])
      refused(replace(path, 1), /no such position/);
    for (const path of ['/new/1', '/nothing/99999999', '/new/0/a']) refused(add(path, 1), /no such position/);
    for (const path of ['/tags/2', '/tags/-']) refused(remove(path), /no such position/);
  });

  it('are refused below scalars, at nothing, at the whole, and where the path is no pointer', () => {
    refused(add('/text/a', 1), /no member below/);
    for (const path of ['/new', '/name/last', '/nothing/a', '/new/a'])
      refused(remove(path), /nothing at the path/);
    for (const path of ['', 'name', '/a~2b', '/a~'])
      for (const operation of [add(path, 1), replace(path, 1), remove(path)])
        refused(operation, /no JSON pointer/);
    refused(add('/a'.repeat(65), 1), /too long/);
  });

  it('touch nothing but own members', () => {
    for (const path of ['/__proto__', '/__proto__/a', '/name/__proto__/a'])
      refused(add(path, { polluted: true }), /must not name/);
    const made = patched(add('/constructor/prototype/polluted', true), add('/name/toString', 1));
    assert.deepEqual(made.constructor, { prototype: { polluted: true } });
    refused(remove('/hasOwnProperty'), /nothing at the path/);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});

const key = fc.string({ maxLength: 8 }).filter((text) => text !== '__proto__');
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const object = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }).map(plain);

describe('laws', () => {
  it('what is added at a free member is there, and removing it gives the old document back', () => {
    fc.assert(
      fc.property(object, key, fc.jsonValue(), (document, name, value) => {
        fc.pre(!Object.hasOwn(document, name));
        const path = pointerTo('', name);
        const made = applyPatch(document, [add(path, value)]);
        assert.deepEqual(plain(made[name]), plain(value));
        assert.deepEqual(applyPatch(made, [remove(path)]), document);
      }),
    );
  });

  it('what is added to a list and removed again leaves it as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(), (list, seed) => {
        const path = `/list/${seed % (list.length + 1)}`;
        assert.deepEqual(applyPatch({ list }, [add(path, 'new'), remove(path)]), { list });
      }),
    );
  });

  it('patches one after the other are one patch, and the document given never changes', () => {
    const names = fc.constantFrom('a', 'b', '0', '1', '-', 'constructor', '~', '/');
    const operation = fc
      .record({
        op: fc.constantFrom('add', 'replace', 'remove'),
        path: fc.array(names, { minLength: 1, maxLength: 4 }).map((keys) => pointerTo('', ...keys)),
        value: fc.jsonValue({ maxDepth: 2 }),
      })
      .map(
        ({ op, path, value }): PatchOperation =>
          op === 'remove' ? remove(path) : { op: op as 'add', path, value },
      );
    const outcomeOf = (work: () => JsonObject): unknown => {
      try {
        return work();
      } catch (error) {
        assert.ok(error instanceof PatchRefused, String(error));
        return 'refused';
      }
    };
    fc.assert(
      fc.property(object, fc.array(operation, { maxLength: 6 }), fc.nat(6), (document, operations, at) => {
        const before = structuredClone(document);
        const whole = outcomeOf(() => applyPatch(document, operations));
        const parts = outcomeOf(() =>
          applyPatch(applyPatch(document, operations.slice(0, at)), operations.slice(at)),
        );
        assert.deepEqual(whole, parts);
        assert.deepEqual(document, before);
      }),
    );
  });
});
