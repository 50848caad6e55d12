import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encodeMmdb } from '../../harness/mmdb.ts';
import {
  assertError,
  assertKeys,
  detailsOf,
  type PoolsApi,
  startPools,
  unknownId,
  uuidOf,
} from '../../harness/pools.ts';

const JA4 = 'q13d0314h3_55b375c5d22e_61e396c58b1f';
const PLACE_KEYS = ['asn', 'city', 'country_code', 'lat_long', 'region_code', 'timezone'];
const MELBOURNE = {
  city: { names: { de: 'Melbourne (de)', en: 'Melbourne' } },
  country: { iso_code: 'AU' },
  location: { latitude: -37.8159, longitude: 144.9669, time_zone: 'Australia/Melbourne' },
  subdivisions: [{ iso_code: 'VIC' }],
};

const folder = mkdtempSync(join(tmpdir(), 'selfsame-test-'));
const cityFile = join(folder, 'city.mmdb');
/** Knows 8.8.8.0/24, and trusts 127.0.0.1 as a proxy. */
let api: PoolsApi;
let pool: string;
before(async () => {
  writeFileSync(cityFile, encodeMmdb({ '8.8.8.0/24': MELBOURNE }));
  api = await startPools({
    environment: {
      SELFSAME_GEO_CITY_FILE: cityFile,
      SELFSAME_SERVER_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8',
    },
  });
  pool = (await api.createPool()).poolId;
});
after(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const now = () => Math.floor(api.clock.now().getTime() / 1000);
async function see(id: string, body: unknown = {}, headers: Record<string, string> = {}) {
  return detailsOf(await api.post(`/identity/${id}/interaction`, body, { headers }));
}
const person = async (): Promise<string> => (await api.createIdentity(pool)).id;

describe('200', () => {
  test('pools 46 an event from a public address is placed; first and last are equal', async () => {
    const id = await person();
    const at = now() - 60;
    const details = await see(id, { at, remote_ip: '8.8.8.8', user_agent: 'Browser', ja4_fingerprint: JA4 });
    assert.deepEqual(details.first_seen, {
      ...{ at, remote_ip: '8.8.8.8', user_agent: 'Browser', ja4_fingerprint: JA4, asn: 15169 },
      ...{ country_code: 'AU', region_code: 'VIC', city: 'Melbourne', timezone: 'Australia/Melbourne' },
      lat_long: [-37.8159, 144.9669],
    });
    assert.deepEqual(details.last_seen, details.first_seen);
    assert.deepEqual(await api.identity(id), details);
    const { summaries } = (await api.get(`/identity?pool_id=${pool}&sorting=id:desc`)).body;
    assert.deepEqual(summaries[0].last_seen, details.last_seen);
  });

  test('pools 47 a later event replaces last_seen whole and leaves first_seen', async () => {
    const id = await person();
    const { first_seen } = await see(id, { at: now() - 60, remote_ip: '8.8.8.8', user_agent: 'One' });
    api.clock.advance(30);
    const later = await see(id, { remote_ip: '10.0.0.1' }, { 'user-agent': 'Two' });
    assert.deepEqual(later.first_seen, first_seen);
    assert.deepEqual(later.last_seen, { at: now(), remote_ip: '10.0.0.1', user_agent: 'Two' });
    assert.ok(later.last_seen.at > first_seen.at);
    assert.deepEqual(await api.identity(id), later);
  });

  test('an older event is ignored, one of the same second is not', async () => {
    const id = await person();
    const at = now() - 60;
    const before = await see(id, { at, user_agent: 'One' });
    const changes = await api.changesOf(async () => {
      assert.deepEqual(await see(id, { at: at - 1, user_agent: 'Old' }), before);
    });
    assert.deepEqual(changes, []);
    const same = await see(id, { at: at + 0.4, user_agent: 'New' });
    assert.equal(same.last_seen.user_agent, 'New');
    assert.equal(same.last_seen.at, at, 'times are whole seconds');
    assert.deepEqual(same.first_seen, before.first_seen);
  });

  test('pools 48 an event from a private address has time and address and no place', async () => {
    const id = await person();
    for (const remoteIp of ['10.1.2.3', '127.0.0.1', '192.168.0.1', '100.64.0.1', 'fd00::1', '203.0.113.5']) {
      const { last_seen } = await see(id, { remote_ip: remoteIp });
      assertKeys(last_seen, ['at', 'remote_ip', 'user_agent'], remoteIp);
      assert.equal(last_seen.remote_ip, remoteIp);
      assert.equal(last_seen.at, now());
    }
    // 8.8.4.4 is public, but the city file has no record of it.
    const { last_seen } = await see(id, { remote_ip: '8.8.4.4' });
    for (const key of ['city', 'lat_long', 'region_code', 'timezone']) assert.ok(!(key in last_seen));
  });

  test('addresses have one spelling', async () => {
    const id = await person();
    for (const [sent, kept] of [
      ['2001:0DB8:0:0:0:0:0:0001', '2001:db8::1'],
      ['::ffff:8.8.8.8', '8.8.8.8'],
      ['::FFFF:0808:0808', '8.8.8.8'],
    ]) {
      assert.equal((await see(id, { remote_ip: sent })).last_seen.remote_ip, kept);
    }
  });

  test('what the body leaves out comes from the request, nulls count as left out', async () => {
    const id = await person();
    for (const body of [
      undefined,
      {},
      { details: {} },
      { at: null, remote_ip: null, user_agent: null, ja4_fingerprint: null },
    ]) {
      const { last_seen } = await see(id, body, { 'user-agent': 'Agent' });
      assert.deepEqual(last_seen, { at: now(), remote_ip: '127.0.0.1', user_agent: 'Agent' });
    }
  });

  test('a trusted proxy tells the client’s address: the right-most that is no proxy itself', async () => {
    const id = await person();
    const from = async (forwarded: string) =>
      (await see(id, {}, { 'x-forwarded-for': forwarded })).last_seen.remote_ip;
    assert.equal(await from('8.8.8.8'), '8.8.8.8');
    assert.equal(await from('1.2.3.4, 8.8.8.8, 10.9.9.9'), '8.8.8.8');
    assert.equal(await from('8.8.8.8, nonsense'), '127.0.0.1');
    assert.equal(await from('8.8.8.8, nonsense, 10.1.1.1'), '10.1.1.1');
  });

  test('pools 50 a trusted peer’s JA4 is kept as it is, a malformed one is left out', async () => {
    const id = await person();
    const from = async (header: string) => (await see(id, {}, { 'x-ja4-fingerprint': header })).last_seen;
    assert.equal((await from(JA4)).ja4_fingerprint, JA4);
    for (const wrong of [JA4.toUpperCase(), `${JA4}0`, 'x', `${JA4}, ${JA4}`, JA4.replace('q', 'x')]) {
      const last = await from(wrong);
      assert.ok(!('ja4_fingerprint' in last), wrong);
      assert.equal(last.at, now());
    }
    assert.ok(!('ja4_fingerprint' in (await see(id, { ja4_fingerprint: 'nonsense' })).last_seen));
    assert.equal((await see(id, { ja4_fingerprint: JA4 })).last_seen.ja4_fingerprint, JA4);
  });

  test('a user agent loses control characters and is cut at 1024', async () => {
    const id = await person();
    const { last_seen } = await see(id, { user_agent: `a\u0000b\u001b\n${'c'.repeat(2000)}` });
    assert.equal(last_seen.user_agent, `ab${'c'.repeat(1022)}`);
    assert.ok(!('user_agent' in (await see(id, { user_agent: '\u0000' })).last_seen));
  });

  test('place and AS number never come from the caller', async () => {
    const id = await person();
    const sent = { asn: 1, country_code: 'XX', city: 'Nowhere', lat_long: [1, 2], remote_ip: '10.0.0.1' };
    assertKeys((await see(id, sent)).last_seen, ['at', 'remote_ip', 'user_agent'], 'made up');
  });

  test('pools 51 reading and writing over the admin API is no interaction', async () => {
    const id = await person();
    const { first_seen, last_seen } = await see(id, { at: now() - 100 });
    api.clock.advance(5);
    await api.get(`/identity/${id}`);
    await api.get(`/identity?pool_id=${pool}`);
    detailsOf(await api.put(`/identity/${id}`, { metadata: { a: 'b' } }));
    const details = await api.identity(id);
    assert.deepEqual([details.first_seen, details.last_seen], [first_seen, last_seen]);
  });

  test('an interaction changes nothing else', async () => {
    const before = await api.createIdentity(pool, { metadata: { a: 'b' } });
    const { first_seen: _first, last_seen: _last, ...details } = await see(before.id);
    const { first_seen: _none, last_seen: _never, ...rest } = before;
    assert.deepEqual(details, rest);
  });

  test('events at the same time are all applied, and the newest stays', async () => {
    const id = await person();
    const times = [5, 1, 4, 2, 3].map((n) => now() - n);
    await Promise.all(times.map((at) => see(id, { at })));
    assert.equal((await api.identity(id)).last_seen.at, now() - 1);
  });
});

describe('servers with other settings', () => {
  test('pools 49 a peer that is no trusted proxy is believed nothing', async () => {
    await using plain = await startPools();
    const { id } = await plain.createIdentity(plain.account.poolId);
    const headers = { 'x-forwarded-for': '8.8.8.8', 'x-ja4-fingerprint': JA4, 'user-agent': 'Agent' };
    const { last_seen } = detailsOf(await plain.post(`/identity/${id}/interaction`, {}, { headers }));
    assert.equal(last_seen.remote_ip, '127.0.0.1');
    assertKeys(last_seen, ['at', 'remote_ip', 'user_agent'], 'untrusted');
    // Without a city file a public address still has what the packaged data tell.
    const placed = detailsOf(await plain.post(`/identity/${id}/interaction`, { remote_ip: '8.8.8.8' }));
    for (const key of ['city', 'lat_long', 'region_code', 'timezone']) assert.ok(!(key in placed.last_seen));
    assert.ok(placed.last_seen.asn >= 1);
    assert.match(placed.last_seen.country_code, /^[A-Z]{2}$/);
  });

  test('unknown values are null where the server is set so; the JA4 header has another name', async () => {
    await using nulls = await startPools({
      environment: {
        SELFSAME_POOLS_SNAPSHOT_UNKNOWN: 'null',
        SELFSAME_SERVER_TRUSTED_PROXIES: '127.0.0.1',
        SELFSAME_SERVER_JA4_HEADER: 'X-Print',
      },
    });
    const { id } = await nulls.createIdentity(nulls.account.poolId);
    const headers = { 'x-print': JA4, 'x-ja4-fingerprint': 'ignored' };
    const { last_seen } = detailsOf(await nulls.post(`/identity/${id}/interaction`, {}, { headers }));
    assertKeys(last_seen, ['at', 'ja4_fingerprint', 'remote_ip', 'user_agent', ...PLACE_KEYS], 'nulls');
    for (const key of PLACE_KEYS) assert.equal(last_seen[key], null);
    assert.equal(last_seen.ja4_fingerprint, JA4);
  });
});

describe('403, 404, 409', () => {
  test('only a key with the interaction grant may tell', async () => {
    const id = await person();
    const grants = ['account', 'identities:read', 'identities:write'];
    const { secret: without } = await api.server.createKey({ grants });
    assertError(await api.post(`/identity/${id}/interaction`, {}, { key: without }), 403, 'not_permitted');
    const { secret: key } = await api.server.createKey({ grants: ['interaction', 'account'] });
    detailsOf(await api.post(`/identity/${id}/interaction`, {}, { key }));
  });

  test('what is not there, not ours or closed is told before a bad value is', async () => {
    const id = await person();
    const other = await api.otherAccount();
    const bad = { at: 'never' };
    const unknown = unknownId('identity', pool);
    assertError(await api.post(`/identity/${unknown}/interaction`, bad), 404, 'not_found');
    const foreign = await api.post(`/identity/${id}/interaction`, bad, { key: other.key });
    assertError(foreign, 404, 'not_found');
    detailsOf(await api.delete(`/identity/${id}`));
    assertError(await api.post(`/identity/${id}/interaction`, bad), 409, 'invalid_action');
    assertError(await api.post(`/identity/${pool}/interaction`, bad), 422, 'unexpected_ref_type');
  });
});

describe('422', () => {
  test('times, addresses and texts are checked, and nothing is recorded', async () => {
    const id = await person();
    const cases: [string, unknown][] = [
      ...['x', '5', -1, [], {}, true, now() + 301, 1e300].map((at): [string, unknown] => ['at', at]),
      ...[
        'x',
        '',
        5,
        '1.2.3',
        '1.2.3.4.5',
        '01.2.3.4',
        '256.1.1.1',
        '::1%eth0',
        '8.8.8.8/32',
        '0x8.8.8.8',
        ' 8.8.8.8',
      ].map((ip): [string, unknown] => ['remote_ip', ip]),
      ['user_agent', 5],
      ['ja4_fingerprint', {}],
    ];
    for (const [field, value] of cases) {
      const reply = await api.post(`/identity/${id}/interaction`, { [field]: value });
      assertError(reply, 422, 'invalid_value', field);
    }
    assert.equal((await api.identity(id)).last_seen, null);
    await see(id, { at: now() + 300 });
    const early = await person();
    assert.equal((await see(early, { at: 0 })).first_seen.at, 0);
  });
});

test('an interaction writes one audit entry and one event, with names only', async () => {
  const id = await person();
  const changes = await api.changesOf(async () => {
    await see(id, { at: now() - 5 });
    await see(id, { at: now() });
  });
  assert.deepEqual(
    changes.map(({ action, subject_id, fields }) => [action, subject_id, fields]),
    [
      ['identity.seen', uuidOf(id), ['first_seen', 'last_seen']],
      ['identity.seen', uuidOf(id), ['last_seen']],
    ],
  );
});
