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
import { DocumentNotFound } from '../../src/core/kyc/document-errors.ts';
import {
  type Attached,
  attachDocuments,
  type DocumentItem,
  listDocuments,
  removeDocuments,
} from '../../src/core/kyc/documents.ts';
import { createUpload, receiveUpload } from '../../src/core/kyc/uploads.ts';
import {
  createViewLink,
  isDocumentOfAnother,
  readDocumentFile,
  serveView,
} from '../../src/core/kyc/view-document.ts';
import type { IdentityId, PoolId, RequestContext } from '../../src/core/ports.ts';
import { changeWithin, createWithin, openWithin, together } from '../../src/core/records.ts';
import { createFakeSurface, startFakeServer } from '../../src/http/testing/fake-surface.ts';
import { createBlobJob } from '../../src/jobs/blobs.ts';
import { documentRoutes } from '../../src/surfaces/kyc/documents.ts';
import { administerAccounts, administerRotations } from '../../src/wiring/administration.ts';
import { type Opened, openDatabase, wireCore } from '../../src/wiring/serving.ts';
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

type Given = { items?: DocumentItem[]; faceImages?: string[] };

function create(given: Given = {}, context = own): Promise<{ id: IdentityId; attached: Attached }> {
  const id = deps.ids.next() as IdentityId;
  return together(deps, async (tx) => {
    const config = await deps.configs.any(context.principal.poolId);
    const vault = await deps.vault.pool(config.poolId, config.version);
    const drafting = { config, vault, schemaId: config.defaultSchemaId };
    const draft = { profile: EMPTY_PROFILE, standing: {}, fields: [] };
    const identity = await createWithin(tx, deps, context, { drafting, draft, id });
    return { id, attached: await attachDocuments(tx, deps, context, { identity, ...given }) };
  });
}

function change(id: IdentityId, given: Given): Promise<Attached> {
  return together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(own.principal.poolId, id);
    assert.ok(stored !== null);
    const changing = openWithin(deps, stored);
    const attached = await attachDocuments(tx, deps, own, { identity: changing, ...given });
    const revision = { action: 'identity.updated', fields: attached.fields };
    await changeWithin(tx, deps, own, changing, attached.fields.length === 0 ? null : revision);
    return attached;
  });
}

async function erase(id: IdentityId): Promise<void> {
  await together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(own.principal.poolId, id);
    assert.ok(stored !== null);
    await changeWithin(tx, deps, own, openWithin(deps, stored), {
      ...{ action: 'identity.erased', fields: [], status: 'erased' },
    });
  });
}

const front = (url: string, more: Partial<DocumentItem> = {}): DocumentItem => ({
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

test('a form’s url and key, put together, name the file; the file’s own name is nowhere', async () => {
  const { url, fields } = await createUpload(deps, own, { filename: 'a.jpeg' });
  assert.equal(url, `https://id.example/storage/${pool()}/`);
  assert.match(fields.key, /^(?:[0-9a-f]{2}\/){4}[0-9A-Za-z]{16}\.jpeg$/);
  await assert.rejects(createUpload(deps, own, { filename: 'a.exe' }), InvalidInput);
});

test('attached again, a document keeps its id and takes the new label; a new one is added', async () => {
  const [one, two] = [await upload(), await upload()];
  const { id, attached } = await create({ items: [front(one, { label: 'a' })], faceImages: [one] });
  assert.deepEqual(attached.fields, ['documents', 'faceImages']);
  assert.deepEqual(
    attached.documents.map(({ url, label }) => [url, label]),
    [[one, 'a']],
  );
  const same = await change(id, { items: [front(one)], faceImages: [one] });
  assert.deepEqual(same.fields, []);
  const next = await change(id, { items: [front(one, { label: 'b' }), front(two, { side: 'backSide' })] });
  assert.deepEqual(
    next.documents.map(({ label }) => label),
    ['b', null],
  );
  assert.equal(next.documents[0]?.id, attached.documents[0]?.id);
  assert.deepEqual(await listDocuments(deps, pool(), id), next.documents);
});

test('what is no upload of this pool is refused, each at its place, and nothing is kept', async () => {
  const [good, foreign] = [await upload(), await upload(other)];
  const bad = [
    foreign,
    good.replace('id.example', 'evil.example'),
    `${good}?x=1`,
    good.replace(/.jpeg$/, 'x.png'),
  ];
  await assert.rejects(
    create({ items: [good, ...bad].map((url) => front(url)), faceImages: [foreign] }),
    (error) => {
      assert.deepEqual(places(error), [...[1, 2, 3, 4].map((n) => `documents.${n}.url`), 'faceImages.0']);
      return true;
    },
  );
  await create({ items: [front(good)] });
});

test('an upload goes to one identity, however many ask at once', async () => {
  const url = await upload();
  const tries = await Promise.allSettled([1, 2, 3, 4].map(() => create({ items: [front(url)] })));
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('more than 20 documents or 10 face images are too many', async () => {
  await assert.rejects(
    create({ items: Array(21).fill(front('x')), faceImages: Array(11).fill('x') }),
    (error) => places(error).join() === 'documents,faceImages',
  );
});

test('equal files of two identities are found by their digest, and within one identity not', async () => {
  const content = jpegOf(9, 9, 0, { comment: randomBytes(40) });
  const sha256 = createHash('sha256').update(content).digest('hex');
  const first = await create({ items: [front(await upload(own, content))] });
  const ask = (identityId: IdentityId) => isDocumentOfAnother(deps, { poolId: pool(), identityId, sha256 });
  assert.equal(await ask(first.id), false);
  await create({ items: [front(await upload(other, content))] }, other);
  assert.equal(await ask(first.id), false, 'another pool does not count');
  await create({ items: [front(await upload(own, content))] });
  assert.equal(await ask(first.id), true);
});

test('a link shows the exact bytes until it expires, whichever keys are rotated', async () => {
  const content = jpegOf(10, 10, 200_000);
  const pending = await upload();
  const { id, attached } = await create({ items: [front(await upload(own, content))] });
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
  await create({ items: [front(pending)] });
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

test('over HTTP: the form is answered with 204, the link with the bytes, an altered form and a bare address with 403', async () => {
  const routes = documentRoutes(deps).filter(({ guard }) => guard.kind === 'open');
  await using fake = await startFakeServer({ surface: { ...createFakeSurface(), routes } });
  const here = (address: string) => address.replace('https://id.example', fake.url);
  const content = jpegOf(11, 11, 300_000);
  const { url, fields } = await createUpload(deps, own, { filename: 'a.jpg' });
  const send = (changes: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, ...changes })) form.append(name, value);
    form.append('file', new Blob([new Uint8Array(content)]), 'a.jpg');
    return fetch(here(url), { method: 'POST', body: form });
  };
  const altered = await send({ key: fields.key.replace(/.{5}$/, '0.jpg') });
  assert.deepEqual([altered.status, await altered.json()], [403, { oops: 'upload_refused' }]);
  assert.equal((await send()).status, 204);
  assert.deepEqual(await (await send()).json(), { oops: 'blob_taken' });
  const { id, attached } = await create({ items: [front(`${url}${fields.key}`)] });
  const [document] = attached.documents;
  assert.ok(document !== undefined);
  const link = here(await createViewLink(deps, own, { identityId: id, id: document.id }));
  const shown = await fetch(link);
  assert.equal(shown.status, 200);
  assert.equal(shown.headers.get('cache-control'), 'private, no-store');
  assert.equal(shown.headers.get('x-content-type-options'), 'nosniff');
  assert.ok(content.equals(Buffer.from(await shown.arrayBuffer())));
  const part = await fetch(link, { headers: { range: 'bytes=70000-70009' } });
  assert.deepEqual(
    [part.status, part.headers.get('content-range')],
    [206, `bytes 70000-70009/${content.length}`],
  );
  assert.ok(content.subarray(70_000, 70_010).equals(Buffer.from(await part.arrayBuffer())));
  assert.equal((await fetch(here(document.url))).status, 403);
  await together(deps, (tx) => removeDocuments(tx, deps, { poolId: pool(), identityId: id }));
  assert.equal((await fetch(link)).status, 404);
});

test('erasing leaves no row, and the job deletes the files; what nobody attached goes after a day', async () => {
  const job = createBlobJob(deps, (error) => assert.fail(`${error}`));
  await job.run();
  const { id } = await create({ items: [front(await upload())] });
  const late = await upload();
  const count = files();
  await erase(id);
  assert.deepEqual(await deps.documents.listDocuments(pool(), id), []);
  await job.run();
  assert.equal(files(), count - 1);
  clock.advance(24 * 60 * 60);
  await assert.rejects(create({ items: [front(late)] }), InvalidInput);
  await job.run();
  assert.ok(files() < count - 1);
  const left = await opened.db.query<{ n: number }>({
    text: '/* scatter: a test */ select ((select count(*) from uploads) + (select count(*) from upload_keys) + (select count(*) from blob_removals))::integer as n',
    parameters: [],
  });
  assert.equal(left.rows[0]?.n, 0);
});
