import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MessageId, OutgoingMessage } from '../../core/courier/ports.ts';
import { Unavailable } from '../../core/errors.ts';
import { createFileTransport } from './file-transport.ts';

const root = mkdtempSync(join(tmpdir(), 'selfsame-outbox-'));
after(() => rmSync(root, { recursive: true, force: true }));

const { signal } = new AbortController();
const MESSAGE: OutgoingMessage = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057' as MessageId,
  ...{ type: 'email', templateType: 'login_code_valid', recipient: 'jo@example.com', subject: 'Your code' },
  ...{ text: 'It is 904417.', html: '<p>904417</p>', code: '904417' },
  createdAt: new Date('2026-01-31T09:30:00.250Z'),
};

test('a message is one file, readable by its owner only, however often it is sent', async () => {
  const directory = join(root, 'outbox');
  const transport = createFileTransport({ directory });
  assert.equal(await transport.send(MESSAGE, signal), 'sent');
  assert.equal(await transport.send(MESSAGE, signal), 'sent');
  const name = '20260131T093000.250Z-01890a5d-ac96-774b-bcce-b302099a8057.json';
  assert.deepEqual(readdirSync(directory), [name]);
  assert.deepEqual(JSON.parse(readFileSync(join(directory, name), 'utf8')), {
    ...{ to: 'jo@example.com', subject: 'Your code', body: 'It is 904417.', code: '904417' },
    ...{ template: 'login_code_valid', channel: 'email' },
  });
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
});

test('names sort by time, and what an interrupted attempt left is no obstacle', async () => {
  const directory = join(root, 'sorted');
  const transport = createFileTransport({ directory });
  const times = ['2026-02-01T00:00:00Z', '2026-01-31T23:59:59Z', '2025-12-31T00:00:00Z'];
  for (const time of times) await transport.send({ ...MESSAGE, createdAt: new Date(time) }, signal);
  const [oldest] = readdirSync(directory).sort();
  assert.match(oldest ?? '', /^20251231T/);
  writeFileSync(join(directory, `${oldest}.part`), 'half');
  await transport.send({ ...MESSAGE, createdAt: new Date('2025-12-31T00:00:00Z') }, signal);
  assert.equal(readdirSync(directory).length, 3);
});

test('a directory that cannot be made is a matter for later, and its message names no recipient', async () => {
  writeFileSync(join(root, 'file'), '');
  const transport = createFileTransport({ directory: join(root, 'file', 'outbox') });
  await assert.rejects(transport.send(MESSAGE, signal), (error) => {
    assert.ok(error instanceof Unavailable);
    assert.doesNotMatch(`${error.message}${error.detail}`, /jo@|904417/);
    return true;
  });
});
