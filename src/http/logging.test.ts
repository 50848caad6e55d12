import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InternalFault } from '../core/errors.ts';
import { createLog, describeError } from './logging.ts';

function capture(level?: 'warn') {
  const written: string[] = [];
  const log = createLog({ level, destination: { write: (text) => void written.push(text) } });
  return { log, written };
}

test('credentials and personal data are redacted, at the top and one level down', () => {
  const { log, written } = capture();
  const headers = {
    authorization: 'SECRET',
    'x-api-key': 'SECRET',
    apikey: 'SECRET',
    cookie: 'SECRET',
    host: 'h',
  };
  log.general.info({ headers, body: { a: 'SECRET' }, email: 'SECRET', details: { traits: 'SECRET' } }, 'x');
  assert.match(written.join(''), /"host":"h"/);
  assert.doesNotMatch(written.join(''), /SECRET/);
});

test('an error is described without its message, and so are its causes', () => {
  const cause = Object.assign(new RangeError('SECRET one\n    at SECRET (file.ts:1:1)'), { code: '23505' });
  const described = describeError(new InternalFault('a detail', cause));
  assert.equal(described.name, 'InternalFault');
  assert.equal(described.detail, 'a detail');
  const inner = described.cause as Record<string, unknown>;
  assert.equal(inner.name, 'RangeError');
  assert.equal(inner.code, '23505');
  assert.ok(Array.isArray(inner.frames) && inner.frames.length > 0);
  assert.doesNotMatch(JSON.stringify(described), /SECRET/);
  assert.deepEqual(describeError('SECRET'), { name: 'string' });
});

test('causes that go in circles end', () => {
  const error = new Error('x');
  error.cause = error;
  assert.ok(JSON.stringify(describeError(error)).length < 50_000);
});

test('above info there are no request lines', () => {
  const { log } = capture('warn');
  assert.equal(log.requestWriter({ surface: 's', operation: 'o', route: 'r' }), null);
});
