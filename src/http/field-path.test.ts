import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldText } from './field-path.ts';

test('names are joined by dots, positions stand in brackets', () => {
  assert.equal(fieldText(['documents', 0, 'url']), 'documents[0].url');
  assert.equal(fieldText(['grid', 1, 2]), 'grid[1][2]');
  assert.equal(fieldText(['metadata', 'city']), 'metadata.city');
});

test('the body itself has the empty text, and an item of it no leading dot', () => {
  assert.equal(fieldText([]), '');
  assert.equal(fieldText([0, 'id']), '[0].id');
});
