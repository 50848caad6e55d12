import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createVersioning, type Version } from './versions.ts';

const HISTORY: readonly Version[] = [
  { date: '2024-01-01', lifecycle: 'retired', changes: [] },
  { date: '2025-03-01', lifecycle: 'deprecated', changes: [] },
  {
    date: '2026-01-01',
    lifecycle: 'active',
    changes: [
      {
        description: 'name was split',
        operations: ['update'],
        upgradeRequest: ({ name, ...rest }) =>
          typeof name === 'string' ? { ...rest, first_name: name.split(' ')[0] } : rest,
        downgradeReply: (body) => ({
          ...(body as object),
          name: (body as { first_name: string }).first_name,
        }),
      },
    ],
  },
  {
    date: '2026-06-01',
    lifecycle: 'active',
    changes: [
      {
        description: 'first_name is trimmed by the caller',
        operations: ['update', 'create'],
        upgradeRequest: (body) => ({ ...body, first_name: String(body.first_name).trim() }),
      },
    ],
  },
];

describe('versions', () => {
  const versioning = createVersioning(HISTORY);

  it('resolves a date to the newest version released on or before it', () => {
    assert.equal(versioning.resolve('2026-02-01', null), '2026-01-01');
    assert.equal(versioning.resolve('2026-06-01', null), '2026-06-01');
    assert.equal(versioning.resolve('2030-01-01', null), '2026-06-01');
    assert.equal(versioning.resolve('2025-12-31', null), '2025-03-01');
  });

  it('without a header takes the version of the key, and without that the newest', () => {
    assert.equal(versioning.resolve(undefined, '2026-01-15'), '2026-01-01');
    assert.equal(versioning.resolve(undefined, null), '2026-06-01');
    assert.equal(versioning.resolve('2026-06-02', '2026-01-15'), '2026-06-01');
  });

  it('refuses what is no date, what is before the first version, and what is retired, naming the upgrade', () => {
    for (const text of ['soon', '2026-1-1', '2026-02-30', '', '2026-01-01T00:00:00Z'])
      assert.throws(() => versioning.resolve(text, null), /YYYY-MM-DD/);
    assert.throws(() => versioning.resolve('2023-12-31', null), /first version of this API is 2024-01-01/);
    assert.throws(
      () => versioning.resolve('2024-06-01', null),
      /2024-01-01 .* retired: upgrade to 2026-06-01/,
    );
  });

  it('brings a request of an older version up through every change after it, oldest first', () => {
    const body = { name: 'Ada  Lovelace', other: 1 };
    assert.deepEqual(versioning.upgradeRequest('2025-03-01', 'update', body), {
      other: 1,
      first_name: 'Ada',
    });
    assert.deepEqual(versioning.upgradeRequest('2026-01-01', 'update', { first_name: ' Ada ' }), {
      first_name: 'Ada',
    });
    assert.deepEqual(versioning.upgradeRequest('2026-06-01', 'update', body), body);
    assert.deepEqual(versioning.upgradeRequest('2025-03-01', 'list', body), body);
  });

  it('brings a reply down to an older version, newest change first', () => {
    const reply = { first_name: 'Ada' };
    assert.deepEqual(versioning.downgradeReply('2025-03-01', 'update', reply), {
      first_name: 'Ada',
      name: 'Ada',
    });
    assert.deepEqual(versioning.downgradeReply('2026-01-01', 'update', reply), reply);
    assert.deepEqual(versioning.downgradeReply('2025-03-01', 'create', reply), reply);
  });
});
