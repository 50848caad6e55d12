import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** Roles of what somebody operates, or is shown in the place of text. */
const NAMED = new Set(['textbox', 'checkbox', 'spinbutton', 'button', 'link', 'image', 'heading', 'alert']);
const MEASURE = readFileSync(new URL('measure.js', import.meta.url), 'utf8');
const GOOD = {
  ...{ language: 'en', mains: 1, idsTwice: [], dangling: [] },
  ...{ unlabelled: 0, sideways: 0, lowButtons: 0 },
};

/**
 * Fails unless somebody who listens to the page, or uses no mouse, or a small screen, can use it: everything has a name in
 * the browser's accessibility tree, headings are in order, landmark and language are there, and nothing needs to be
 * scrolled sideways.
 */
export async function assertAccessible(page: Page): Promise<void> {
  const place = page.url();
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  for (const { role, name, ignored } of nodes) {
    if (ignored || !NAMED.has(String(role?.value))) continue;
    assert.notEqual(String(name?.value ?? '').trim(), '', `${place}: a ${role?.value} without a name`);
  }
  const { headings, ...found } = await page.evaluate<{ headings: number[] }>(MEASURE);
  assert.deepEqual(found, GOOD, place);
  assert.equal(headings[0], 1, place);
  headings.forEach((level, index) => {
    assert.ok(level <= (headings[index - 1] ?? 0) + 1, `${place}: a heading is left out`);
  });
}
