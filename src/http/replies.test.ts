import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { NotFound } from '../core/errors.ts';
import { html } from './html.ts';
import { buildOpenApi } from './openapi.ts';
import type { OtherAnswer } from './replies.ts';
import { defineRoute, openGuard, redirectTo, replyWith, replyWithBytes, replyWithPage } from './route.ts';
import type { Surface } from './surface.ts';
import { createFakeSurface, startFakeServer } from './testing/fake-surface.ts';

const guard = openGuard('A test.');
const NONCE = 'c2l4dGVlbiBieXRlcyBvbmU=';
const SESSION = { name: 'session', value: 's1' };
const CSRF = { name: 'csrf', value: 'c1', sameSite: 'strict', path: '/fake' } as const;

async function* pieces() {
  yield Buffer.from('x');
}

/** A surface with one route, whose handler answers with what is made here. */
function surfaceOf(
  answer: () => unknown,
  answers?: OtherAnswer | readonly OtherAnswer[],
  more: Partial<Surface> = {},
): Surface {
  const route = defineRoute({
    ...{
      method: 'GET',
      path: '/fake/answer',
      operation: 'answer',
      summary: 'Answers.',
      reads: 'none',
      guard,
    },
    ...(answers === undefined ? {} : { answers }),
    reply: Type.Unknown(),
    handler: async () => answer(),
  });
  return { ...createFakeSurface(), ...more, routes: [route] };
}

async function ask(surface: Surface, init: RequestInit = {}) {
  await using fake = await startFakeServer({ surface });
  const reply = await fetch(`${fake.url}/fake/answer`, { redirect: 'manual', ...init });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, text, cookies: reply.headers.getSetCookie() };
}

test('every cookie has a header of its own, on replies of every kind', async () => {
  const cookies = [SESSION, CSRF];
  const written = [
    'session=s1; Path=/; HttpOnly; Secure; SameSite=Lax',
    'csrf=c1; Path=/fake; HttpOnly; Secure; SameSite=Strict',
  ];
  const all: OtherAnswer[] = ['bytes', 'redirect', 'page'];
  for (const make of [
    () => replyWith({}, { cookies }),
    () => replyWith(null, { cookies, status: 204 }),
    () => replyWithBytes(pieces(), { cookies, sizeBytes: 1 }),
    () => redirectTo('/x', { cookies }),
    () => replyWithPage(html``, { cookies }),
  ])
    assert.deepEqual((await ask(surfaceOf(make, all))).cookies, written);
  assert.deepEqual((await ask(surfaceOf(() => ({})))).cookies, []);
});

test('a cookie that no header can hold is a fault, and nothing of it is sent', async () => {
  const make = () => replyWith({}, { cookies: [{ name: 'a', value: 'x\r\nevil: 1' }] });
  const { status, headers } = await ask(surfaceOf(make));
  assert.deepEqual([status, headers.get('evil')], [500, null]);
});

test('a header that Node refuses is a fault, and the server goes on', async () => {
  for (const headers of [{ 'x-own': 'a\r\nevil: 1' }, { 'x own': 'a' }, { 'x-own': '\u{1f642}' }]) {
    const answer = await ask(surfaceOf(() => replyWith({}, { headers })));
    assert.deepEqual([answer.status, answer.headers.get('evil')], [500, null]);
  }
});

test('a redirect has a location and no body', async () => {
  for (const status of [302, 303, 307] as const) {
    const make = () => redirectTo('https://a.example/x?flow=1#y', { status, headers: { 'x-own': 'a' } });
    const answer = await ask(surfaceOf(make, ['redirect']));
    assert.deepEqual([answer.status, answer.text], [status, '']);
    assert.equal(answer.headers.get('location'), 'https://a.example/x?flow=1#y');
    assert.equal(answer.headers.get('x-own'), 'a');
    assert.equal(answer.headers.get('content-length'), '0');
    assert.equal(answer.headers.get('content-type'), null);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  }
  assert.equal((await ask(surfaceOf(() => redirectTo('/x'), 'redirect'))).status, 303);
});

test('a location that could end its header, or reads as another host, is refused', async () => {
  for (const url of [
    '',
    '/a\r\nset-cookie: a=b',
    '/a\n',
    '/a b',
    '/\\evil.example',
    '/é',
    '\0',
    `/${'a'.repeat(9000)}`,
  ])
    assert.throws(() => redirectTo(url), TypeError);
  const { status, headers } = await ask(surfaceOf(() => redirectTo('/a\r\nevil: 1'), ['redirect']));
  assert.deepEqual([status, headers.get('evil'), headers.get('location')], [500, null, null]);
});

test('a page is HTML that nobody frames, caches or adds to', async () => {
  const page = () => replyWithPage(html`<h1>${'<b>'}</h1>`, { headers: { 'x-frame-options': 'ALLOW' } });
  const { status, headers, text } = await ask(surfaceOf(page, ['page']));
  assert.deepEqual([status, text], [200, '<h1>&lt;b&gt;</h1>']);
  for (const [name, value] of [
    ['content-type', 'text/html; charset=utf-8'],
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
    ['referrer-policy', 'same-origin'],
    ['cross-origin-opener-policy', 'same-origin'],
    [
      'content-security-policy',
      "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ],
  ] as const)
    assert.equal(headers.get(name), value, name);
  const head = await ask(surfaceOf(page, ['page']), { method: 'HEAD' });
  assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', '18']);
});

test('a page may let through what has its nonce, and sources by directive', async () => {
  const directives = { 'img-src': ['data:'], 'form-action': ["'self'", 'https://app.example.com'] };
  const make = () => replyWithPage(html`x`, { status: 400, policy: { nonce: NONCE, directives } });
  const { status, headers } = await ask(surfaceOf(make, ['page']));
  assert.equal(status, 400);
  assert.equal(
    headers.get('content-security-policy'),
    "default-src 'none'; base-uri 'none'; form-action 'self' https://app.example.com; frame-ancestors 'none'; " +
      `script-src 'nonce-${NONCE}'; style-src 'nonce-${NONCE}'; img-src data:`,
  );
  for (const policy of [
    { nonce: 'short' },
    { nonce: `${NONCE}'; script-src *` },
    { directives: { 'img-src': ['a; script-src *'] } },
    { directives: { 'img-src; x': ['a'] } },
    { directives: { 'img-src': ['a, b'] } },
  ])
    assert.throws(() => replyWithPage(html``, { policy }), TypeError);
});

test('what a route does not say that it answers with is a fault of ours', async () => {
  const fault = [500, { oops: 'internal_fault' }];
  for (const [make, answers] of [
    [() => redirectTo('/x'), undefined],
    [() => replyWithBytes(pieces(), { sizeBytes: 1 }), undefined],
    [() => redirectTo('/x'), ['page']],
    [() => replyWithPage(html``), undefined],
    [() => replyWithPage(html``), 'redirect'],
    [() => ({}), 'page'],
    [() => replyWith({}), 'bytes'],
  ] as const) {
    const { status, text, headers } = await ask(surfaceOf(make, answers));
    assert.deepEqual([status, JSON.parse(text)], fault);
    assert.equal(headers.get('location'), null);
  }
});

test('the reference says what else than JSON a route answers with', () => {
  const responses = (answers?: OtherAnswer | OtherAnswer[]) => {
    const document = buildOpenApi(
      surfaceOf(() => null, answers),
      { url: '/' },
    );
    const all = document.paths['/fake/answer']?.get?.responses ?? {};
    return [Object.keys(all['200']?.content ?? {}), '3XX' in all, '200' in all];
  };
  assert.deepEqual(responses(), [['application/json'], false, true]);
  assert.deepEqual(responses(['page', 'redirect']), [['application/json', 'text/html'], true, true]);
  assert.deepEqual(responses('page'), [['text/html'], false, true]);
  assert.deepEqual(responses('bytes'), [['application/octet-stream'], false, true]);
  assert.deepEqual(responses('redirect'), [[], true, false]);
});

const failing = () => {
  throw new NotFound();
};

test('an error may be a page or a redirect, on routes that answer with such and when the surface says so', async () => {
  const seen: unknown[] = [];
  const presentPage: Surface['presentPage'] = (error, request) => {
    seen.push([error.code, request.line, request.requestId, request.pool]);
    if (request.headers.accept === 'application/json') return null;
    if (request.headers.accept === 'text/html') return replyWithPage(html`<p>${error.code}</p>`);
    return redirectTo(`/error?id=${error.code}`, { cookies: [SESSION] });
  };
  const surface = surfaceOf(failing, ['page', 'redirect'], { presentPage });
  const as = (accept: string) => ask(surface, { headers: { accept, 'x-request-id': 'r1' } });
  const page = await as('text/html');
  assert.deepEqual([page.status, page.text], [404, '<p>not_found</p>']);
  assert.equal(page.headers.get('x-frame-options'), 'DENY');
  const redirect = await as('*/*');
  assert.deepEqual([redirect.status, redirect.headers.get('location')], [303, '/error?id=not_found']);
  assert.equal(redirect.cookies.length, 1);
  const json = await as('application/json');
  assert.deepEqual([json.status, JSON.parse(json.text)], [404, { oops: 'not_found' }]);
  assert.deepEqual(seen[0], [
    'not_found',
    { method: 'GET', path: '/fake/answer', query: '' },
    'r1',
    undefined,
  ]);
  const plain = await ask(surfaceOf(failing, undefined, { presentPage }));
  assert.deepEqual(JSON.parse(plain.text), { oops: 'not_found' });
  assert.equal(seen.length, 3, 'a route of JSON alone is not asked about');
});

test('an error of JSON may set cookies and name the request', async () => {
  const surface = surfaceOf(failing, undefined, {
    present: (error, request) => ({
      ...{ status: 404, cookies: [SESSION, CSRF], headers: { 'ory-error-id': 'x' } },
      body: { code: error.code, request: request?.requestId },
    }),
  });
  const { text, cookies, headers } = await ask(surface, { headers: { 'x-request-id': 'r1' } });
  assert.deepEqual(JSON.parse(text), { code: 'not_found', request: 'r1' });
  assert.equal(cookies.length, 2);
  assert.equal(headers.get('ory-error-id'), 'x');
});
