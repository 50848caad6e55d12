import { toPlaced } from '../src/kit/ids.ts';
import { checkStatuses } from './kit/compare.ts';
import type { Run } from './kit/figure.ts';
import { fillPool } from './kit/fill.ts';
import { COUNTER, message } from './kit/load-generator.ts';
import { residentMegabytes, startLoad } from './kit/processes.ts';
import { install, openSite } from './kit/site.ts';

const IDENTITIES = 10_000;
const CONNECTIONS = 64;
/** What "not growing" allows for: the collector frees pages when it likes. */
const GROWTH_MEGABYTES_MAX = 10;

/**
 * Resident memory of the server process over mixed requests: of twenty, twelve reads, three changes, two creations,
 * one interaction, one page of ten and one refusal.
 */
export const run: Run = async ({ quick, note }) => {
  await using site = await openSite();
  await using installation = await install(site, 'memory');
  const { product, poolId, key, deps } = installation;
  const ids = await fillPool(installation, IDENTITIES);
  const { partition } = await deps.configs.current(poolId);
  const pool = toPlaced(poolId, 'pool', partition);
  const base = '/api/v1/identity';

  const mix = (id: string, index: number): string => {
    const path = `${base}/${toPlaced(id, 'identity', partition)}`;
    const kind = index % 20;
    if (kind < 12) return message('GET', path, key);
    if (kind < 15) return message('PUT', path, key, { details: { metadata: { note: COUNTER } } });
    if (kind < 17) {
      const factors = [{ name: 'email', type: 'email', value: `made.${COUNTER}@example.com` }];
      return message('POST', base, key, { details: { pool_id: pool, factors } });
    }
    if (kind === 17) return message('POST', `${path}/interaction`, key, { remote_ip: '203.0.113.9' });
    if (kind === 18) return message('GET', `${base}?pool_id=${pool}&pagination[page_size]=10`, key);
    return message('POST', base, key, { details: { pool_id: pool, factors: [{ name: 'none' }] } });
  };
  const load = startLoad();
  const send = async (requests: number): Promise<number> => {
    note(`${requests} mixed requests`);
    const messages = ids.map(mix);
    checkStatuses(await load.run({ port: product.port, connections: CONNECTIONS, messages, requests }), [
      '200',
      '422',
    ]);
    return residentMegabytes(product.pid);
  };
  try {
    const before = residentMegabytes(product.pid);
    const after = await send(quick ? 10_000 : 100_000);
    const later = await send(quick ? 5000 : 50_000);
    return [
      { name: 'memory after start', value: before, unit: 'MB' },
      { name: 'memory after 100,000 mixed requests', value: after, unit: 'MB', target: { atMost: 200 } },
      {
        name: 'growth over the next 50,000',
        value: later - after,
        unit: 'MB',
        target: { atMost: GROWTH_MEGABYTES_MAX },
      },
    ];
  } finally {
    load.stop();
  }
};
