import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import Type from 'typebox';
import { UnreadableBody } from '../core/errors.ts';
import { parseForm } from './form-body.ts';
import { defineRoute, openGuard, type Reads } from './route.ts';
import { createFakeSurface, startFakeServer } from './testing/fake-surface.ts';

test('dots and brackets in names unfold into objects, repeated names into lists', () => {
  assert.deepEqual(
    parseForm('method=password&traits.email=a%40b.c&traits[name][first]=A+B&traits.name.last=C'),
    {
      method: 'password',
      traits: { email: 'a@b.c', name: { first: 'A B', last: 'C' } },
    },
  );
  assert.deepEqual(parseForm('a=1&a=2&a=3&b[]=1&c[d][]=1&c[d][]=2'), {
    a: ['1', '2', '3'],
    b: ['1'],
    c: { d: ['1', '2'] },
  });
  assert.deepEqual(parseForm('a[0]=x&a[1]=y'), { a: { 0: 'x', 1: 'y' } });
  assert.deepEqual(parseForm('&a&b=&c=d=e&'), { a: '', b: '', c: 'd=e' });
  assert.deepEqual(parseForm(''), {});
});

test('a name that is not well formed is one name', () => {
  const names = ['a..b', '.a', 'a.', 'a[', 'a]', 'a[]b', '[a]', 'a[b', 'a[b.c]', '', 'a[][]'];
  for (const name of names)
    assert.deepEqual(parseForm(`${encodeURIComponent(name)}=1`), { [name]: '1' }, name);
});

test('no name reaches a prototype', () => {
  const form = parseForm(
    '__proto__=1&__proto__.x=1&a.__proto__.x=1&a[__proto__][x]=1&constructor.prototype.x=1&toString=1',
  );
  assert.equal(Object.getPrototypeOf(form), Object.prototype);
  assert.deepEqual(Object.keys(form), ['constructor', 'toString']);
  assert.equal(({} as { x?: string }).x, undefined);
  assert.equal((Object as unknown as { x?: string }).x, undefined);
});

test('a form that is broken, too large or contradicts itself is unreadable', () => {
  const bad = [
    ...['%', 'a=%zz', 'a=%ff', '%c3=1', 'a=1&a.b=2', 'a.b=2&a=1', 'a[]=1&a.b=1', 'a.b=1&a[]=1'],
    Array.from({ length: 501 }, () => 'a=1').join('&'),
    `${Array.from({ length: 17 }, () => 'a').join('.')}=1`,
    `${'a'.repeat(513)}=1`,
  ];
  for (const text of bad)
    assert.throws(
      () => parseForm(text),
      (error) => error instanceof UnreadableBody,
      text.slice(0, 20),
    );
  assert.ok(parseForm(`${Array.from({ length: 16 }, () => 'a').join('.')}=1`));
});

test('no form, however broken, does anything but unfold or be unreadable', () => {
  const field = fc.array(fc.constantFrom('a', 'b', '.', '[', ']', '=', '&', '%41', '__proto__', '+'));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        field.map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          return Object.getPrototypeOf(parseForm(text)) === Object.prototype;
        } catch (error) {
          return error instanceof UnreadableBody;
        }
      },
    ),
  );
});

function surfaceReading(reads: Reads) {
  const route = defineRoute({
    ...{ method: 'POST', path: '/fake/body', operation: 'readBody', summary: 'Says what arrived.', reads },
    guard: openGuard('A test.'),
    body: Type.Object({}),
    reply: Type.Object({ body: Type.Unknown(), kind: Type.Unknown() }),
    handler: async ({ body, bodyKind = null }) => ({ body, kind: bodyKind }),
  });
  return { ...createFakeSurface(), routes: [route] };
}

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

async function sender(reads: Reads) {
  const fake = await startFakeServer({ surface: surfaceReading(reads) });
  const send = async (type: string | undefined, body?: string) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const given = body === undefined ? {} : { body: Buffer.from(body) };
    return (await fetch(`${fake.url}/fake/body`, { method: 'POST', headers, ...given })).json();
  };
  return { send, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() };
}

test('a route may take a form or JSON, and learns which', async () => {
  await using route = await sender('form-or-json');
  const { send } = route;
  assert.deepEqual(await send(FORM_TYPE, 'traits.email=a'), {
    body: { traits: { email: 'a' } },
    kind: 'form',
  });
  assert.deepEqual(await send(`${FORM_TYPE}; charset=UTF-8`, 'a=%C3%A9'), { body: { a: 'é' }, kind: 'form' });
  assert.deepEqual(await send(FORM_TYPE), { body: {}, kind: 'form' }, 'a form may be empty');
  assert.deepEqual(await send(JSON_TYPE, '{"a":{"b":1}}'), { body: { a: { b: 1 } }, kind: 'json' });
  assert.deepEqual(await send(JSON_TYPE), { oops: 'unreadable_body' });
  assert.deepEqual(await send(undefined), { oops: 'unreadable_body' });
  assert.deepEqual(await send(JSON_TYPE, '[]'), { oops: 'body_not_object' });
  assert.deepEqual(await send(FORM_TYPE, 'a=%'), { oops: 'unreadable_body' });
  for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencodedx'])
    assert.deepEqual(await send(type, 'a=1'), { oops: 'unsupported_media_type' });
  assert.deepEqual(await send(undefined, 'a=1'), { oops: 'unsupported_media_type' });
});

test('a route may take any JSON value, and JSON only', async () => {
  await using route = await sender('json-any');
  const { send } = route;
  for (const body of [[{ op: 'add', path: '/a', value: 1 }], {}, null, 0, '', false, 'a'])
    assert.deepEqual(await send(JSON_TYPE, JSON.stringify(body)), { body, kind: 'json' });
  assert.deepEqual(await send(JSON_TYPE, '[{"__proto__":1,"a":2}]'), { body: [{ a: 2 }], kind: 'json' });
  assert.deepEqual(await send(JSON_TYPE), { oops: 'unreadable_body' });
  assert.deepEqual(await send(JSON_TYPE, `${'['.repeat(65)}${']'.repeat(65)}`), { oops: 'unreadable_body' });
  assert.deepEqual(await send(FORM_TYPE, 'a=1'), { oops: 'unsupported_media_type' });
});
