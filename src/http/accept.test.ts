import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prefersJson } from './accept.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

test('a client that names JSON, or likes it better, gets JSON', () => {
  for (const accept of [
    ...['application/json', 'Application/JSON; q=0.1', 'application/*', 'application/json, text/plain, */*'],
    ...['text/html;q=0.8, application/json', 'text/html; q=0.9, */*', 'application/json, text/html'],
    'application/json;version=1;q=0.5, text/*;q=0.4, */*;q=0.9;x=1, text/html;q=0.1',
  ])
    assert.equal(prefersJson(accept, undefined), true, accept);
});

test('everybody else gets a page: browsers, and whoever takes anything', () => {
  for (const accept of [
    ...[undefined, '', '*/*', BROWSER, 'text/html', 'text/*', 'image/png', 'text/html, application/json'],
    ...['application/json;q=0', 'application/json;q=0, */*', 'application/json;q=0.5, text/html;q=0.6'],
    ...['application/jsonx', 'nonsense;;;,,,', 'application/json;q=0.001, */*'],
  ])
    assert.equal(prefersJson(accept, undefined), false, accept);
});

test('exactly application/json as content type means JSON, whatever is accepted', () => {
  assert.equal(prefersJson(BROWSER, 'application/json'), true);
  assert.equal(prefersJson(BROWSER, 'Application/JSON'), true);
  assert.equal(prefersJson(BROWSER, 'application/json; charset=utf-8'), false);
  assert.equal(prefersJson(BROWSER, 'application/x-www-form-urlencoded'), false);
});
