import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { LinkExpired, LinkRefused } from '../../src/core/blobs/errors.ts';
import type { Deps } from '../../src/core/deps.ts';
import { InvalidInput } from '../../src/core/errors.ts';
import { EMPTY_PROFILE } from '../../src/core/identities/profile.ts';
import { type Attached, attachDocuments, type Evidence } from '../../src/core/kyc/attach-documents.ts';
import { DocumentNotFound } from '../../src/core/kyc/document-errors.ts';
import type { DocumentInput } from '../../src/core/kyc/identity-input.ts';
import { createUpload, receiveUpload } from '../../src/core/kyc/uploads.ts';
import {
  createViewLink,
  isDocumentOfAnother,
  readDocumentFile,
  serveView,
} from '../../src/core/kyc/view-document.ts';
import type { IdentityId, PoolId, RequestContext } from '../../src/core/ports.ts';
import { changeWithin, createWithin, openWithin, together } from '../../src/core/records.ts';
import { createBlobJob } from '../../src/jobs/blobs.ts';
import { administerAccounts, administerRotations } from '../../src/wiring/administration.ts';
import { wireCore } from '../../src/wiring/core.ts';
import { type Opened, openDatabase } from '../../src/wiring/database.ts';
import { formBody, gather, inPieces, jpegOf } from '../blobs/kit.ts';
import { TestClock } from '../harness/clock.ts';
import { freshDatabase } from '../harness/postgres.ts';
import { recordStatement } from '../harness/statements.ts';

const clock = new TestClock();
const close: (() => unknown)[] = [];
let opened: Opened;
let deps: Deps;
let directory: string;
let rotate: (kind: 'data' | 'pool') => Promise<unknown>;
let own: RequestContext;
let other: RequestContext;

before(async () => {
  const database = await freshDatabase();
  directory = mkdtempSync(join(tmpdir(), 'selfsame-documents-'));
  const environment = {
    DATABASE_URL: database.url,
    SELFSAME_DATA_DIR: directory,
    SELFSAME_SERVER_PUBLIC_URL: 'https://id.example',
  };
  const { config } = loadConfig({ mode: 'start', environment });
  opened = await openDatabase(config, { clock, onStatement: recordStatement });
  const wired = await wireCore(config, opened);
  close.push(
    () => wired.places.close(),
    () => opened.close(),
    () => database.drop(),
    () => rmSync(directory, { recursive: true, force: true }),
  );
  deps = wired.deps;
  rotate = (kind) => administerRotations(deps, opened.db, config.rootKey).rotate({ kind, poolId: null });
  own = await newContext();
  other = await newContext();
});
after(async () => {
  for (const one of close) await one();
});

async function newContext(): Promise<RequestContext> {
  const { live } = await administerAccounts(deps).create({ title: 'One' });
  const principal = { poolId: live.poolId, keyId: null };
  const origin = { address: '203.0.113.9', method: 'POST', path: '/x' };
  return { principal, requestId: 'r', origin } as unknown as RequestContext;
}

async function upload(
  context = own,
  content = jpegOf(8, 8, 0, { comment: randomBytes(40) }),
): Promise<string> {
  const { url, fields } = await createUpload(deps, context, { filename: 'My face.JPEG' });
  const parts = Object.entries(fields).map(([name, value]) => ({ name, value: String(value) }));
  const file = { name: 'file', value: content, filename: 'x.jpeg' };
  await receiveUpload(deps, {
    poolId: context.principal.poolId,
    contentType: 'multipart/form-data; boundary=b',
    body: inPieces(formBody('b', [...parts, file]), 20_000),
  });
  return `${url}${fields.key}`;
}

function create(given: Evidence = {}, context = own): Promise<{ id: IdentityId; attached: Attached }> {
  const id = deps.ids.next() as IdentityId;
  return together(deps, async (tx) => {
    const config = await deps.configs.any(context.principal.poolId);
    const vault = await deps.vault.pool(config.poolId, config.version);
    const drafting = { config, vault, schemaId: config.defaultSchemaId };
    const draft = { profile: EMPTY_PROFILE, standing: {}, fields: [] };
    const identity = await createWithin(tx, deps, context, { drafting, draft, id });
    return { id, attached: await attachDocuments(tx, deps, identity, given) };
  });
}

async function end(id: IdentityId, status: 'deleted' | 'erased'): Promise<void> {
  await together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(own.principal.poolId, id);
    assert.ok(stored !== null);
    await changeWithin(tx, deps, own, openWithin(deps, stored), {
      ...{ action: `identity.${status}`, fields: [], status },
    });
  });
}

const front = (url: string, more: Partial<DocumentInput> = {}): DocumentInput => ({
  ...{ type: 'passport', side: 'frontSide', url },
  ...more,
});
const pool = (): PoolId => own.principal.poolId;
const places = (error: unknown): string[] =>
  error instanceof InvalidInput ? error.problems.map(({ path }) => path.join('.')) : assert.fail(`${error}`);
const files = (): number =>
  readdirSync(join(directory, 'blobs'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(directory, 'blobs', path)).isFile(),
  ).length;

test('an upload goes to one identity, however many ask at once', async () => {
  const url = await upload();
  const tries = await Promise.allSettled([1, 2, 3, 4].map(() => create({ documents: [front(url)] })));
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('more than 20 documents or 10 face images are too many', async () => {
  await assert.rejects(
    create({ documents: Array(21).fill(front('x')), faceImages: Array(11).fill('x') }),
    (error) => places(error).join() === 'documents,faceImages',
  );
});

test('equal files of two identities are found by their digest, and within one identity not', async () => {
  const content = jpegOf(9, 9, 0, { comment: randomBytes(40) });
  const sha256 = createHash('sha256').update(content).digest('hex');
  const first = await create({ documents: [front(await upload(own, content))] });
  const ask = (identityId: IdentityId) => isDocumentOfAnother(deps, { poolId: pool(), identityId, sha256 });
  assert.equal(await ask(first.id), false);
  await create({ documents: [front(await upload(other, content))] }, other);
  assert.equal(await ask(first.id), false, 'another pool does not count');
  const second = await create({ documents: [front(await upload(own, content))] });
  assert.equal(await ask(first.id), true);
  await end(second.id, 'deleted');
  assert.equal(await ask(first.id), false, 'a closed identity does not count');
});

test('a link shows the exact bytes until it expires, whichever keys are rotated', async () => {
  const content = jpegOf(10, 10, 200_000);
  const pending = await upload();
  const { id, attached } = await create({ documents: [front(await upload(own, content))] });
  const documentId = attached.documents[0]?.id ?? '';
  const view = async (address: string) => {
    const { pathname: path, search } = new URL(address);
    const objectName = path.split('/').slice(3).join('/');
    return serveView(deps, { poolId: pool(), objectName, method: 'GET', path, query: search.slice(1) });
  };
  for (const kind of ['data', 'pool', 'data'] as const) {
    await rotate(kind);
    const shown = await view(await createViewLink(deps, own, { identityId: id, id: documentId }));
    assert.ok(content.equals(await gather(shown.bytes)), kind);
    assert.equal(shown.headers['content-type'], 'image/jpeg');
  }
  await create({ documents: [front(pending)] });
  const [stored] = await deps.documents.listDocuments(pool(), id);
  assert.ok(stored !== undefined);
  assert.ok(content.equals((await readDocumentFile(deps, stored)) ?? Buffer.alloc(0)));
  const link = await createViewLink(deps, own, { identityId: id, id: documentId });
  await assert.rejects(view(link.replace('inline', 'attachment')), LinkRefused);
  await assert.rejects(view(attached.documents[0]?.url ?? ''), LinkRefused);
  const elsewhere = await create();
  const wrong = { identityId: elsewhere.id, id: documentId };
  await assert.rejects(createViewLink(deps, own, wrong), DocumentNotFound);
  clock.advance(899);
  await gather((await view(link)).bytes);
  clock.advance(1);
  await assert.rejects(view(link), LinkExpired);
});

test('erasing leaves no row, and the job deletes the files; what nobody attached goes after a day', async () => {
  const job = createBlobJob(deps, (error) => assert.fail(`${error}`));
  await job.run();
  const { id } = await create({ documents: [front(await upload())] });
  const late = await upload();
  const count = files();
  await end(id, 'erased');
  assert.deepEqual(await deps.documents.listDocuments(pool(), id), []);
  await job.run();
  assert.equal(files(), count - 1);
  clock.advance(24 * 60 * 60);
  await assert.rejects(create({ documents: [front(late)] }), InvalidInput);
  await job.run();
  assert.ok(files() < count - 1);
  const left = await opened.db.query<{ n: number }>({
    text: '/* scatter: a test */ select ((select count(*) from uploads) + (select count(*) from upload_keys) + (select count(*) from blob_removals))::integer as n',
    parameters: [],
  });
  assert.equal(left.rows[0]?.n, 0);
});
