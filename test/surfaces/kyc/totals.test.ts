import assert from 'node:assert/strict';
import { test } from 'node:test';
import { company, person, startKyc } from '../../harness/kyc.ts';
import { toVerification } from '../../harness/kyc-ids.ts';

const COUNT = `
  select count(*)::integer as n from identities
  where pool_id = $1::uuid and status in ('extant', 'archived') and coalesce(standing ->> 'status', '') <> 'merged'`;

test('totals are right after everything that can happen to an identity, by each structural filter and by all', async () => {
  await using api = await startKyc();
  const { server } = api;
  const made = [];
  for (let index = 0; index < 8; index += 1) made.push((await api.create()).id);
  const [
    owner = '',
    risky = '',
    blocked = '',
    deleted = '',
    erased = '',
    archived = '',
    turned = '',
    other = '',
  ] = made;
  await api.create(company(owner));
  await api.create(company(owner));
  await server.runJob('kyc');
  await server.call('POST', `/review/identities/${blocked}/block`);
  await server.call('POST', `/review/identities/${risky}/block`);
  await server.call('POST', `/review/identities/${risky}/unblock`);
  await api.delete(deleted);
  const verification = (method: string, id: string, verb = '', body?: unknown) =>
    server.call(
      method,
      `/api/v1/identities/${toVerification(id)}${verb}`,
      body === undefined ? {} : { body },
    );
  assert.equal((await verification('DELETE', erased)).status, 200);
  assert.equal((await verification('POST', archived, '/archive')).status, 200);
  const region = { country: 'PT', idNumber: '500000000', formationRegion: 'Braga' };
  const change = { type: 'company', identityOwner: owner, birthday: null, gender: null, tax: region };
  const changed = await api.patch(turned, change);
  assert.equal(changed.status, 200, changed.text);
  const merged = await server.call('POST', '/api/v1/identities/merge', {
    body: { primary_identity_id: toVerification(owner), secondary_identity_id: toVerification(other) },
  });
  assert.ok([200, 201].includes(merged.status), merged.text);
  await api.create(person());

  for (const [query, condition] of [
    ['', 'true'],
    ['filter[type]=person', `coalesce(standing ->> 'type', 'person') = 'person'`],
    ['filter[type]=company', `standing ->> 'type' = 'company'`],
    ['filter[blocked]=true', `standing -> 'blocked' = 'true'`],
    ['filter[blocked]=false', `standing -> 'blocked' is null`],
    ['filter[riskRating]=medium', `standing ->> 'riskRating' = 'medium'`],
    ['filter[riskRating]=in:low,high', `standing ->> 'riskRating' in ('low', 'high')`],
    ['filter[riskRating]=nin:medium', `coalesce(standing ->> 'riskRating', '') <> 'medium'`],
    [
      'filter[type]=company&filter[blocked]=false',
      `standing ->> 'type' = 'company' and standing -> 'blocked' is null`,
    ],
  ] as const) {
    const [row] = await server.sql<{ n: number }>(`${COUNT} and ${condition}`, [
      server.quickstart.live.app_id,
    ]);
    for (const sort of ['createdAt', '-updatedAt', 'updatedAt,-createdAt']) {
      const { total, ids } = await api.list(`${query}&sort=${sort}`);
      assert.deepEqual([total, new Set(ids).size], [row?.n, row?.n], `${query} by ${sort}`);
    }
  }
});
