import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildOpenApi } from './openapi.ts';
import { createFakeSurface, startFakeServer } from './testing/fake-surface.ts';

test('the document is made of the routes and their schemas', () => {
  const surface = createFakeSurface();
  const { openapi, paths } = buildOpenApi(surface, { url: 'http://x' });
  assert.equal(openapi, '3.1.0');
  const get = paths['/fake/things/{id}']?.get;
  assert.equal(get?.operationId, 'getThing');
  assert.deepEqual(get?.parameters, [
    { name: 'id', in: 'path', required: true, schema: { type: 'string' }, description: 'Which "thing".' },
    { name: 'pagination[offset]', in: 'query', required: false, schema: { type: 'integer' } },
  ]);
  assert.deepEqual(get?.security[0], { 'x-api-key': [] });
  assert.deepEqual(Object.keys(get?.responses ?? {}), ['200', '401', '403', '404', '429', '500', '503']);
  assert.equal(paths['/fake/things']?.post?.requestBody?.required, true);
  assert.equal(paths['/fake/things/{id}']?.delete?.responses['204']?.content, undefined);
  assert.deepEqual(paths['/fake/slow']?.get?.security, []);
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
  assert.deepEqual(ids.sort(), surface.routes.map(({ operation }) => operation).sort());
});

test('the reference works offline: own style sheet, no script, nothing inline, everything escaped', async () => {
  await using fake = await startFakeServer();
  const served = await fetch(`${fake.url}/openapi/fake.json`);
  assert.deepEqual(
    await served.json(),
    JSON.parse(JSON.stringify(buildOpenApi(createFakeSurface(), { url: '/' }))),
  );
  for (const path of ['/docs', '/docs/fake']) {
    const reply = await fetch(fake.url + path);
    const text = await reply.text();
    assert.equal(reply.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(reply.headers.get('content-security-policy') ?? '', /default-src 'none'; style-src 'self'/);
    assert.match(text, /Fake &lt;things&gt;/);
    assert.doesNotMatch(
      text,
      /<script|<style|\sstyle=|\son\w+=|<things>|<thing>|https?:\/\/(?!127\.0\.0\.1)/,
    );
    assert.match(text, /<html lang="en">/);
  }
  const style = await fetch(`${fake.url}/docs/style.css`);
  assert.equal(style.headers.get('content-type'), 'text/css; charset=utf-8');
  assert.equal((await fetch(`${fake.url}/docs/nobody`)).status, 404);
});
