import { toPlaced } from '../src/kit/ids.ts';
import type { Figure, Run } from './kit/figure.ts';
import { fillPool } from './kit/fill.ts';
import { COUNTER, message } from './kit/load-generator.ts';
import { pairing } from './kit/pairing.ts';
import { startBare, startLoad } from './kit/processes.ts';
import { install, openSite } from './kit/site.ts';

const IDENTITIES = 10_000;
/** Different requests of one kind, sent in turn. */
const MESSAGES = 4500;

/**
 * Reading and writing one identity, against a bare `node:http` server that makes one prepared statement on the same
 * database and gives the same answer: what encryption, keys, limits, checks, log and metrics cost together.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  await using installation = await install(site, 'requests');
  const { product, poolId, key, call, deps, target, config } = installation;
  options.note(`filling ${IDENTITIES} identities`);
  const ids = await fillPool(installation, IDENTITIES, { keep: 2 * MESSAGES });
  const { partition } = await deps.configs.current(poolId);
  const pathOf = (id: string) => `/api/v1/identity/${toPlaced(id, 'identity', partition)}`;

  const sample = await call('GET', pathOf(ids[0] ?? ''));
  if (sample.status !== 200) throw new Error(`the server answers ${sample.status}: ${sample.text}`);
  const bare = await startBare({
    socket: target,
    connections: config.database.maxConnections,
    poolId,
    reply: sample.text,
  });
  const load = startLoad();
  const pair = pairing(options, load, { subject: product.port, baseline: bare.port });
  // The bare server writes bytes that the product cannot open: rows of its own.
  const [ours, theirs] = [ids.slice(0, MESSAGES), ids.slice(MESSAGES)];
  const put = (body: object, prefix: string) => ({
    subject: ours.map((id) => message('PUT', pathOf(id), key, body)),
    baseline: theirs.map((id) => message('PUT', `${prefix}${id}`, key, body)),
  });
  const metadata = { details: { metadata: { tier: 'gold', note: `changed ${COUNTER}` } } };
  const email = {
    details: { factors: [{ name: 'email', type: 'email', value: `changed.${COUNTER}@example.com` }] },
  };
  try {
    const figures: Figure[] = [
      await pair(
        'GET identity ÷ bare read',
        {
          subject: ids.map((id) => message('GET', pathOf(id), key)),
          baseline: ids.map((id) => message('GET', `/${id}`, key)),
        },
        0.6,
      ),
      await pair('PUT metadata ÷ bare write', put(metadata, '/'), 0.5),
      await pair('PUT metadata ÷ bare UPDATE alone', put(metadata, '/plain/')),
      await pair('PUT e-mail ÷ bare write', put(email, '/')),
    ];
    return figures;
  } finally {
    load.stop();
    bare.stop();
  }
};
