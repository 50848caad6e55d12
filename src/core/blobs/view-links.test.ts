import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { newPool, type TestPool } from '../../../test/blobs/kit.ts';
import { TestClock } from '../../../test/harness/clock.ts';
import { contentRange, readRangeHeader } from './byte-range.ts';
import { LinkExpired, LinkRefused } from './errors.ts';
import { checkViewQuery, createViewQuery, type LinkTarget, viewHeaders } from './view-links.ts';

let own: TestPool;
let foreign: TestPool;
before(async () => {
  own = await newPool();
  foreign = await newPool();
});
const START = new Date('2026-03-04T05:06:07.890Z');
const TARGET: LinkTarget = {
  host: 'files.example.com',
  path: '/files/pool-a/f1/ad/2a/17/Q9TdlaDeAqvdwrjM.jpeg',
  bucket: 'pool-a',
};
const issue = (clock = new TestClock(START)): string =>
  createViewQuery({ pool: own.pool, clock }, { ...TARGET, contentType: 'image/jpeg' });
const check = (
  query: string,
  change: Partial<LinkTarget & { method: string }> = {},
  clock = new TestClock(START),
) => checkViewQuery({ pool: own.pool, clock }, { method: 'GET', ...TARGET, ...change, query });

describe('a view link', () => {
  it('opens for 900 s, and says when it is over (statement 51)', () => {
    const clock = new TestClock(START);
    const query = issue(clock);
    check(query, {}, clock);
    clock.advance(898);
    check(query, {}, clock);
    clock.advance(2);
    assert.throws(() => check(query, {}, clock), LinkExpired);
    check(issue(clock), {}, clock);
    clock.advance(-2_000);
    assert.throws(() => check(query, {}, clock), LinkRefused);
  });

  it('is refused with any parameter changed, missing, twice or added (statement 52)', () => {
    const query = issue();
    const parameters = query.split('&');
    assert.equal(parameters.length, 8);
    for (const [at, parameter] of parameters.entries()) {
      const others = parameters.filter((_, index) => index !== at);
      const [name = '', value = ''] = parameter.split('=');
      assert.throws(() => check(others.join('&')), LinkRefused, `without ${name}`);
      assert.throws(() => check([...parameters, parameter].join('&')), LinkRefused, `${name} twice`);
      assert.throws(() => check([...others, `${name.toLowerCase()}_=${value}`].join('&')), LinkRefused, name);
      for (const changed of ['', `${value}0`, value.slice(1), '%', '%ff'])
        assert.throws(() => check([...others, `${name}=${changed}`].join('&')), LinkRefused, name);
    }
    assert.throws(() => check(''), LinkRefused);
    assert.throws(() => check(`${query}&x=1`), LinkRefused);
    assert.throws(() => check(`${query}&`), LinkRefused);
    assert.throws(() => check(`${query}${'&'.repeat(5_000)}`), LinkRefused);
    assert.throws(() => check(query.replace('900', '901')), LinkRefused);
    assert.throws(() => check(query.replace('image%2Fjpeg', 'text%2Fhtml')), LinkRefused);
    assert.throws(() => check(query.replace('inline', 'attachment')), LinkRefused);
    // Another order, or another escaping of the same value, is the same link.
    check([...parameters].reverse().join('&'));
    check(query.replace('image%2Fjpeg', 'image/jpeg'));
  });

  it('is refused with any one character changed', () => {
    const query = issue();
    fc.assert(
      fc.property(fc.nat(query.length - 1), fc.constantFrom(...'0aZ=&%+-'), (at, character) => {
        const changed = query.slice(0, at) + character + query.slice(at + 1);
        if (decodeURIComponentSafely(changed) === decodeURIComponent(query)) return;
        assert.throws(() => check(changed), LinkRefused);
      }),
      { numRuns: 500 },
    );
  });

  it('opens one path on one host, in one pool, by GET', () => {
    const query = issue();
    check(query, { host: 'FILES.example.com' });
    for (const change of [
      { host: 'files.example.com:8080' },
      { path: `${TARGET.path}/` },
      { path: TARGET.path.replace('jpeg', 'png') },
      { path: TARGET.path.replace('Q9', 'q9') },
      { path: TARGET.path.replace('.', '%2e') },
      { bucket: 'pool-b' },
      { method: 'HEAD' },
      { method: 'PUT' },
    ])
      assert.throws(() => check(query, change), LinkRefused, JSON.stringify(change));
    const clock = new TestClock(START);
    assert.throws(
      () => checkViewQuery({ pool: foreign.pool, clock }, { method: 'GET', ...TARGET, query }),
      LinkRefused,
    );
  });
});

describe('the headers of a file', () => {
  it('come from its first bytes, and keep a browser from guessing or running anything', () => {
    const headers = viewHeaders({ contentType: 'image/jpeg', problem: null });
    assert.equal(headers['content-type'], 'image/jpeg');
    assert.equal(headers['content-disposition'], 'inline; filename="document.jpg"');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none'.*sandbox$/);
    assert.equal(headers['cache-control'], 'private, no-store');
  });

  it('do not show a file that is also another one', () => {
    const headers = viewHeaders({ contentType: 'image/jpeg', problem: 'polyglot' });
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['content-disposition'], 'attachment; filename="document.bin"');
  });
});

describe('a Range header', () => {
  it('asks for one range of the file', () => {
    const cases: [string, unknown][] = [
      ['bytes=0-0', { start: 0, end: 1 }],
      ['bytes=0-99', { start: 0, end: 100 }],
      ['bytes=10-', { start: 10, end: 100 }],
      ['bytes=99-', { start: 99, end: 100 }],
      ['bytes=50-100000', { start: 50, end: 100 }],
      ['bytes=-1', { start: 99, end: 100 }],
      ['bytes=-500', { start: 0, end: 100 }],
    ];
    for (const [header, range] of cases) assert.deepEqual(readRangeHeader(header, 100), range, header);
    assert.equal(contentRange({ start: 10, end: 100 }, 100), 'bytes 10-99/100');
  });

  it('is not satisfied by what lies beyond the end, and passed over when it is none', () => {
    for (const header of ['bytes=100-', 'bytes=999999999999999-', 'bytes=-0'])
      assert.equal(readRangeHeader(header, 100), null, header);
    const passedOver = [
      'bytes=',
      'bytes=-',
      'bytes=5-2',
      'bytes=0-1,3-4',
      `bytes=${'0-0,'.repeat(1_000)}0-0`,
      'bytes=-1-2',
      'bytes=0x1-2',
      'bytes=1e3-',
      `bytes=${'9'.repeat(400)}-`,
      'items=0-1',
      'bytes 0-1',
      '',
    ];
    for (const header of passedOver) assert.equal(readRangeHeader(header, 100), 'all', header);
    assert.equal(readRangeHeader(undefined, 100), 'all');
  });

  it('never leads outside of the file', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(), (text, first, last, size) => {
        for (const header of [text, `bytes=${first}-${last}`, `bytes=-${last}`, `bytes=${first}-`]) {
          const range = readRangeHeader(header, size);
          if (range === 'all' || range === null) continue;
          assert.ok(range.start >= 0 && range.start < range.end && range.end <= size, header);
        }
      }),
    );
  });
});

function decodeURIComponentSafely(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
