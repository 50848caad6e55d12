import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  assertRefused,
  type Body,
  company,
  type KycApi,
  passport,
  person,
  type Shown,
  startKyc,
} from '../../harness/kyc.ts';
import { drawSpecimen, pngOf } from '../../kyc/specimen.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const work = () => api.server.runJob('kyc');

let shade = 0;
/** The address of a picture that there is only once; with these lines, if any. */
function picture(lines: readonly string[] = []): Promise<string> {
  shade += 1;
  const width = lines.length > 0 ? 1400 : 60;
  return api.uploadFile(pngOf(drawSpecimen(lines, { width, paper: 200 + shade })), 'a.png');
}

const bill = async () => ({ type: 'UtilityBill', side: 'FrontSide', url: await picture() });

/** A person of whom everything is there that the built-in provider asks for. */
async function complete(more: Body = {}, lines: readonly string[] = []): Promise<Shown> {
  const documents = [passport(await picture(lines)), await bill()];
  return api.create(person({ documents, faceImages: [await picture()], ...more }));
}

/** What a reviewer sees of the latest verification. */
async function checksOf(id: string): Promise<Record<string, string>> {
  const { verificationId } = await api.entry(id);
  const { body } = await api.call('GET', `/review/${verificationId}`);
  return Object.fromEntries(body.data.checks.map(({ code, result }: Shown) => [code, result]));
}

describe('a new identity', () => {
  it('kyc 54 has one pending entry for each enabled provider', async () => {
    const { poolId, secret: key } = await api.server.createAccount();
    for (const slug of ['another', 'further']) await api.setProvider(slug, { poolId });
    await api.setProvider('further', { poolId, isEnabled: false });
    const { id, createdAt } = await api.create(person(), { key });
    const { kycStatus } = (await api.get(`/identities/${id}`, { key })).body.data;
    assert.deepEqual(
      kycStatus.map(({ verificationId: _id, ...entry }: Shown) => entry),
      ['another', 'builtin'].map((provider) => ({
        ...{ provider, status: 'pending', exceptions: [], createdAt, updatedAt: createdAt },
      })),
    );
    const ids = kycStatus.map(({ verificationId }: Shown) => verificationId);
    assert.equal(new Set(ids).size, 2);
    for (const one of ids) assert.equal((await api.get(`/verifications/${one}`, { key })).status, 200);
  });

  it('kyc 55 is made although its provider fails, stays pending, and is tried again', async () => {
    const { id } = await complete();
    const repair = breakStorage();
    try {
      await work();
      assert.equal((await api.entry(id)).status, 'pending');
      const other = await api.post(person());
      assert.equal(other.status, 200, 'a failing provider is nothing that POST would see');
      api.clock.advance(59);
      await work();
      assert.equal(await attempts(id), 1, 'not before a minute');
      api.clock.advance(1);
      await work();
      assert.deepEqual([await attempts(id), (await api.entry(id)).status], [2, 'pending']);
    } finally {
      repair();
    }
    api.clock.advance(60);
    await work();
    assert.equal((await api.entry(id)).status, 'pending', 'the pause gets longer');
    api.clock.advance(60);
    await work();
    const { status, exceptions } = await api.entry(id);
    assert.deepEqual([status, exceptions], ['exception', ['manual_review_required']]);
  });
});

async function attempts(id: string): Promise<number | undefined> {
  const [row] = await api.server.sql<{ attempts: number }>(
    'select attempts from kyc_cases where identity_id = $1::uuid',
    [id],
  );
  return row?.attempts;
}

/** Damages each stored file, so that none opens any more. @returns Undoes it. */
function breakStorage(): () => void {
  const files = readdirSync(join(api.server.dataDir, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  assert.ok(files.length > 0);
  const flip = () => {
    for (const file of files)
      writeFileSync(
        file,
        readFileSync(file).map((byte) => byte ^ 255),
      );
  };
  flip();
  return flip;
}

describe('an entry', () => {
  it('kyc 62 that was rejected is pending again after a new document', async () => {
    const made = await api.create(person(), api.sandbox);
    await api.simulate('reject', { identityId: made.id, exceptions: ['expired_document'] });
    const before = await api.entry(made.id, api.sandbox);
    api.clock.advance(1);
    const documents = [passport(await api.uploadFile(undefined, undefined, api.sandbox))];
    assert.equal((await api.patch(made.id, { documents }, api.sandbox)).status, 200);
    const after = await api.entry(made.id, api.sandbox);
    assert.deepEqual([after.status, after.exceptions], ['pending', []]);
    assert.notEqual(after.verificationId, before.verificationId);
    assert.equal(after.createdAt, before.createdAt);
    assert.ok(after.updatedAt > before.updatedAt);
  });

  it('kyc 62 that is an exception is asked again by its provider, with the new evidence', async () => {
    const { id } = await api.create(person({ documents: [passport(await picture())] }));
    await work();
    const before = await api.entry(id);
    assert.deepEqual(before.exceptions, ['missing_document', 'missing_face_image']);
    await api.patch(id, { documents: [await bill()], faceImages: [await picture()] });
    assert.equal((await api.entry(id)).status, 'pending');
    await work();
    const after = await api.entry(id);
    assert.deepEqual([after.status, after.exceptions], ['exception', ['manual_review_required']]);
    assert.notEqual(after.verificationId, before.verificationId);
  });

  it('that is approved stays so, whatever is changed', async () => {
    const { id: identityId } = await api.create(person(), api.sandbox);
    await api.simulate('approve', { identityId });
    const before = await api.entry(identityId, api.sandbox);
    const address = { city: 'Porto', country: 'PT', postalCode: '4000-001', street: 'Rua Nova 2' };
    assert.equal((await api.patch(identityId, { address }, api.sandbox)).status, 200);
    assert.deepEqual(await api.entry(identityId, api.sandbox), before);
  });

  it('is left alone by a change that no provider looks at', async () => {
    const { id: identityId } = await api.create(person(), api.sandbox);
    await api.simulate('reject', { identityId });
    const before = await api.entry(identityId, api.sandbox);
    assert.equal((await api.patch(identityId, { phone: { number: '7' } }, api.sandbox)).status, 200);
    assert.deepEqual(await api.entry(identityId, api.sandbox), before);
  });

  it('is not worked on while its identity is blocked', async () => {
    const { id } = await complete();
    await api.setStanding(id, { blocked: true });
    await work();
    assert.equal((await api.entry(id)).status, 'pending');
    await api.setStanding(id, { blocked: null });
    api.clock.advance(3600);
    await work();
    assert.equal((await api.entry(id)).status, 'exception');
  });
});

describe('the built-in provider', () => {
  it('kyc 65 without a zone to read: exception for a person to look at, never approved', async () => {
    await api.setProvider('builtin', { approvesAutomatically: true });
    const { id } = await complete();
    await work();
    const { status, exceptions } = await api.entry(id);
    assert.deepEqual([status, exceptions], ['exception', ['manual_review_required']]);
    const checks = await checksOf(id);
    assert.equal(checks.mrz_check_digits, 'skipped');
    for (const code of ['age', 'documents_present', 'face_present', 'file_readable', 'tax_id_format'])
      assert.equal(checks[code], 'passed', code);
    const { identityConfirmed, riskRating } = await api.identity(id);
    assert.deepEqual([identityConfirmed, riskRating], [false, 'low']);
    await api.setProvider('builtin', {});
  });

  it('kyc 66 the same file on both sides: duplicate_document, and found by its rating', async () => {
    const bytes = pngOf(drawSpecimen([], { width: 60, paper: 150 }));
    const [front, back] = [await api.uploadFile(bytes, 'a.png'), await api.uploadFile(bytes, 'b.png')];
    const documents = [
      { type: 'IdentityCard', side: 'FrontSide', url: front },
      { type: 'IdentityCard', side: 'BackSide', url: back },
      await bill(),
    ];
    const { id } = await api.create(person({ documents, faceImages: [await picture()] }));
    await work();
    const { status, exceptions } = await api.entry(id);
    assert.deepEqual([status, exceptions], ['exception', ['duplicate_document']]);
    assert.equal((await api.identity(id)).riskRating, 'high');
    assert.deepEqual((await api.list('filter[riskRating]=high')).ids, [id]);
    assert.ok(!(await api.list('filter[riskRating]=nin:high')).ids.includes(id));
  });

  it('kyc 69 a company whose owner is not approved: owner_not_verified', async () => {
    const owner = await complete();
    const documents = [{ type: 'Other', side: 'FrontSide', url: await picture() }];
    const tax = { country: 'PT', idNumber: '123456789', formationRegion: 'Braga' };
    const { id } = await api.create(company(owner.id, { documents, tax }));
    await work();
    const { status, exceptions } = await api.entry(id);
    assert.deepEqual([status, exceptions], ['exception', ['owner_not_verified']]);
  });
});

describe('the sweep', () => {
  it('settles every case that it can, whatever is wrong with another one', async () => {
    const [broken, sound] = [await api.create(), await api.create()];
    await api.server.sql(`update identities set status = 'deleted' where id = any($1::uuid[])`, [
      [broken.id, sound.id],
    ]);
    const [entry] = broken.kycStatus;
    await api.server.sql('delete from verifications where id = $1::uuid', [entry.verificationId]);
    await assert.rejects(api.server.runJob('kyc-sweep'), { name: 'InternalFault' });
    const stateOf = async ({ id }: Shown) =>
      (await api.server.sql('select state from kyc_cases where identity_id = $1::uuid', [id]))[0]?.state;
    assert.deepEqual([await stateOf(broken), await stateOf(sound)], ['pending', 'expired']);
    await api.server.sql('delete from kyc_cases where identity_id = $1::uuid', [broken.id]);
  });

  it('lets evidence end in a pool that was deleted, and of a record that was', async () => {
    const { poolId, secret: key } = await api.server.createAccount();
    const [kept, deleted] = [await api.create(person(), { key }), await api.create(person(), { key })];
    await api.server.sql(
      `update kyc_cases set state = 'approved', valid_until = '2001-01-01' where pool_id = $1::uuid`,
      [poolId],
    );
    assert.equal((await api.delete(deleted.id, { key })).status, 204);
    await api.server.sql(`update pools set status = 'deleted' where id = $1::uuid`, [poolId]);
    await api.server.sql(
      'update pool_states set config_version = config_version + 1 where pool_id = $1::uuid',
      [poolId],
    );
    await api.server.runJob('kyc-sweep');
    const states = await api.server.sql('select distinct state from kyc_cases where pool_id = $1::uuid', [
      poolId,
    ]);
    assert.deepEqual(states, [{ state: 'expired' }], `of ${kept.id} too`);
  });
});

describe('evidence that ends', () => {
  const LAST_DAY_MS = Date.UTC(2012, 3, 15);
  const LINES = [
    'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<',
    'L898902C36UTO7408122F1204159ZE184226B<<<<<10',
  ];

  it('kyc 64 makes an approval expired the day after: operations inactive, identity still confirmed', async () => {
    api.clock.advance((LAST_DAY_MS - 5 * 86_400_000 - api.clock.now().getTime()) / 1000);
    await api.setProvider('builtin', { approvesAutomatically: true });
    const subject = { name: 'Anna Maria Eriksson', birthday: '1974-08-12', gender: 'Female' };
    const { id } = await complete(subject, LINES);
    await work();
    const sweep = async () => {
      await api.server.runJob('kyc-sweep');
      return { entry: await api.entry(id), operations: await api.operationStatuses(id) };
    };
    const approved = await sweep();
    assert.deepEqual([approved.entry.status, approved.operations], ['approved', ['active']]);
    api.clock.advance(5 * 86_400);
    assert.equal((await sweep()).entry.status, 'approved', 'it holds on its last day');
    api.clock.advance(86_400);
    const before = await api.identity(id);
    const { entry, operations } = await sweep();
    assert.deepEqual([entry.status, operations], ['expired', ['inactive']]);
    const { updatedAt } = await api.identity(id);
    assert.ok(updatedAt > before.updatedAt, 'who polls by updatedAt sees it');
    const told = await api.server.sql(
      `select a.fields, exists (select 1 from outbox o where o.subject_id = $2::uuid and o.type = 'session.updated'
         and o.at = $3::timestamptz) as is_told
       from audit_entries a where a.subject_id = $1::uuid order by a.id desc limit 1`,
      [id, entry.verificationId, updatedAt],
    );
    assert.deepEqual(told, [{ fields: ['kyc_status'], is_told: true }]);
    assert.equal(entry.verificationId, approved.entry.verificationId);
    assert.equal((await api.identity(id)).identityConfirmed, true);
    const refused = await api.patch(id, { name: 'Other' });
    assertRefused(refused, 422, 'identity_already_confirmed');
    await api.patch(id, { documents: [passport(await picture())] });
    assert.equal((await api.entry(id)).status, 'pending');
  });
});
