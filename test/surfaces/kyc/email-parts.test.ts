import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person, startKyc } from '../../harness/kyc.ts';

test('a part of an e-mail is found whether many, few or none share its pieces', async () => {
  await using api = await startKyc();
  const ids: string[] = [];
  for (let index = 0; index < 8; index += 1)
    ids.push((await api.create(person({ email: `Nobody.${index}@shared-domain.example` }))).id);
  const other = (await api.create(person({ email: 'quite.rare@elsewhere.example' }))).id;
  const newest = [...ids].reverse();
  const find = async (part: string) => {
    const { total, ids: found } = await api.list(`filter[email]=like:${encodeURIComponent(part)}`);
    assert.equal(total, found.length);
    return found;
  };

  // Every piece is common.
  assert.deepEqual(await find('@shared-domain'), newest);
  assert.deepEqual(await find('.EXAMPLE'), [other, ...newest]);
  // Some are, some are not.
  assert.deepEqual(await find('nobody.3@shared'), [ids[3]]);
  assert.deepEqual(await find('rare@elsewhere.example'), [other]);
  // None is; fewer characters than a piece has; pieces that are all there, in another order.
  assert.deepEqual(await find('quite'), [other]);
  assert.deepEqual(await find('qu'), [other]);
  assert.deepEqual(await find('example@shared-domain'), []);
});
