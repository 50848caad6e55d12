import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html, prose } from './html.ts';

test('what stands between backticks is code, and all of it is escaped', () => {
  assert.equal(
    prose('Bare or under `<details>` & so on').text,
    'Bare or under <code>&lt;details&gt;</code> &amp; so on',
  );
  assert.equal(html`${prose('`a` and `b`')}`.text, '<code>a</code> and <code>b</code>');
});
