import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertInvalid, company, type KycApi, person, type Shown, startKyc } from '../../harness/kyc.ts';

let api: KycApi;
let made: Shown[];
before(async () => {
  api = await startKyc();
  made = [];
  for (let n = 0; n < 31; n += 1) {
    // Three at each moment.
    if (n % 3 === 0) api.clock.advance(1);
    made.push(
      await api.create(
        person({ name: `Person ${n}`, email: `p${n}@${n < 4 ? 'publicmint.com' : 'x.example'}` }),
      ),
    );
  }
});
after(() => api[Symbol.asyncDispose]());

const newestFirst = () => made.map(({ id }) => id).reverse();

describe('GET /identities', () => {
  it('kyc 28: 30 rows a page, and the true total', async () => {
    const first = await api.list();
    assert.deepEqual([first.total, first.ids], [31, newestFirst().slice(0, 30)]);
    assert.deepEqual((await api.list('page[number]=2')).ids, newestFirst().slice(30));
  });

  it('kyc 29: pages of one order; none beyond the end', async () => {
    const { ids } = await api.list('page[size]=2&page[number]=2');
    assert.deepEqual(ids, newestFirst().slice(2, 4));
    const beyond = await api.list('page%5Bnumber%5D=99');
    assert.deepEqual([beyond.total, beyond.data], [31, []]);
  });

  it('kyc 30: all of them', async () => {
    assert.equal((await api.list('all=true&page[size]=1')).ids.length, 31);
    assert.equal((await api.list('all=false&page[size]=1')).ids.length, 1);
  });

  it('kyc 31, 35: refuses what it does not know', async () => {
    const bad = [
      ...['page[size]=0', 'page[size]=-1', 'page[size]=x', 'page[size]=1001', 'page[number]=0', 'all=yes'],
      ...['filter[name]=like:x', 'filter[id]=nin:x', 'filter[email]=in:x', 'filter[city]=x', 'x=1'],
      ...['filter[blocked]=maybe', 'filter[name]=', 'filter[id]=in:a,', 'filter[id]=in:', 'sort=name'],
      ...['filter[name]=a&filter[name]=b', `filter[id]=in:${'a,'.repeat(100)}a`, 'filter[name]=%00', 'sort='],
    ];
    for (const query of bad) assertInvalid(await api.get(`/identities?${query}`));
  });

  it('kyc 32: a part of an e-mail, where nothing is a wildcard', async () => {
    const found = await api.list('filter[email]=like:@PublicMint.com');
    assert.deepEqual([found.total, found.ids], [4, newestFirst().slice(27)]);
    assert.equal((await api.list('filter[email]=like:@publicmint.com&page[size]=1')).total, 4);
    assert.equal((await api.list('filter[email]=like:p1')).total, 11);
    assert.equal((await api.list('filter[email]=like:%25')).total, 0);
    assert.equal((await api.list('filter[email]=like:p_@')).total, 0);
    const odd = await api.create(person({ email: '50%off@x.example' }));
    assert.deepEqual((await api.list('filter[email]=like:0%25o')).ids, [odd.id]);
    await api.patch(odd.id, { email: 'plain@x.example' });
    assert.equal((await api.list('filter[email]=like:0%25o')).total, 0);
    assert.deepEqual((await api.list('filter[email]=like:lain@')).ids, [odd.id]);
    await api.delete(odd.id);
    assert.equal((await api.list('filter[email]=like:lain@')).total, 0);
  });

  it('kyc 33: ids, and what cannot be one', async () => {
    const [a, b] = made;
    assert.deepEqual((await api.list(`filter[id]=in:${a.id},${b.id}`)).ids, [b.id, a.id]);
    assert.deepEqual((await api.list(`filter[id]=${a.id}`)).ids, [a.id]);
    for (const query of [
      'filter[id]=in:foobar',
      'filter[type]=foo',
      'filter[appId]=foobar',
      'filter[name]=foo:bar',
    ])
      assert.deepEqual((await api.list(query)).data, [], query);
  });

  it('equality: e-mails in any case, names exactly', async () => {
    const [a] = made;
    assert.deepEqual((await api.list('filter[email]=P0@PublicMint.com')).ids, [a.id]);
    assert.deepEqual((await api.list('filter[name]=Person%200')).ids, [a.id]);
    assert.equal((await api.list('filter[name]=person%200')).total, 0);
    assert.equal((await api.list(`filter[appId]=${a.appId}`)).total, 31);
  });

  it('kyc 34: a rating that is not in a list may be none', async () => {
    const [a, b] = made;
    await api.setStanding(a.id, { riskRating: 'high' });
    await api.setStanding(b.id, { riskRating: 'low' });
    assert.deepEqual((await api.list('filter[riskRating]=high')).ids, [a.id]);
    assert.deepEqual((await api.list('filter[riskRating]=in:low,foo')).ids, [b.id]);
    const others = await api.list('filter[riskRating]=nin:high');
    assert.equal(others.total, 30);
    assert.ok(!others.ids.includes(a.id));
  });

  it('kyc 36: filters combine, however brackets are sent', async () => {
    const [owner, other] = made;
    const free = await api.create(company(owner.id));
    const blocked = await api.create(company(owner.id));
    await api.setStanding(blocked.id, { blocked: true });
    await api.setStanding(other.id, { blocked: true });
    for (const query of [
      'filter[blocked]=true&filter[type]=company',
      'filter%5Bblocked%5D=true&filter%5Btype%5D=company',
    ])
      assert.deepEqual((await api.list(query)).ids, [blocked.id]);
    const owned = await api.list(`filter[identityOwner]=${owner.id}`);
    assert.deepEqual(owned.ids, [blocked.id, free.id]);
    assert.deepEqual((await api.list(`filter[identityOwner]=in:${owner.id},biz`)).total, 2);
    assert.equal((await api.list('filter[type]=company')).total, 2);
    for (const { id } of [free, blocked]) await api.delete(id);
  });

  it('kyc 37, 38: sorted both ways, each row once however equal their times', async () => {
    assert.deepEqual((await api.list('sort=createdAt&all=true')).ids, newestFirst().reverse());
    api.clock.advance(5);
    const [a] = made;
    await api.patch(a.id, { phone: { number: '2' } });
    const byUpdate = (await api.list('sort=-updatedAt&all=true')).ids;
    assert.equal(byUpdate[0], a.id);
    assert.equal((await api.list('sort=updatedAt,createdAt&all=true')).ids.at(-1), a.id);
    const seen: string[] = [];
    for (let page = 1; page <= 7; page += 1) {
      seen.push(...(await api.list(`sort=-updatedAt&page[size]=5&page[number]=${page}`)).ids);
    }
    assert.deepEqual(seen, byUpdate);
    assert.equal(new Set(seen).size, 31);
  });
});
