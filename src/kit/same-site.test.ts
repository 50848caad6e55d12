import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameSite } from './same-site.ts';

for (const [one, other, isSame] of [
  ['https://id.example.com', 'https://app.example.com/x', true],
  ['https://example.com', 'https://a.b.example.com:8443', true],
  ['https://example.com', 'http://example.com', false],
  ['https://example.com', 'https://example.org', false],
  ['https://a.co.uk', 'https://b.co.uk', false],
  ['https://id.a.co.uk', 'https://app.a.co.uk', true],
  ['http://127.0.0.1:4400', 'http://127.0.0.1:3000', true],
  ['http://127.0.0.1', 'http://10.0.0.1', false],
  ['http://[::1]:1', 'http://[::1]:2', true],
  ['http://localhost:4400', 'http://localhost:3000', true],
] as const)
  test(`${one} and ${other} are ${isSame ? 'one site' : 'two sites'}`, () => {
    assert.equal(isSameSite(one, other), isSame);
    assert.equal(isSameSite(other, one), isSame);
  });
