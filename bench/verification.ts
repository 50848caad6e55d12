import { toTagged } from '../src/kit/ids.ts';
import type { Run } from './kit/figure.ts';
import { fillPool } from './kit/fill.ts';
import { COUNTER, message } from './kit/load-generator.ts';
import { pairing } from './kit/pairing.ts';
import { startBare, startLoad } from './kit/processes.ts';
import { install, openSite } from './kit/site.ts';

const IDENTITIES = 10_000;
const MESSAGES = 4500;

/** Ten fields of personal data, each with a value that nobody had before. */
const TEN_FIELDS = {
  first_name: `Ada ${COUNTER}`,
  last_name: `Lovelace ${COUNTER}`,
  date_of_birth: '1990-02-03',
  address_line1: `${COUNTER} Main Street`,
  city: `Springfield ${COUNTER}`,
  zip_code: COUNTER,
  document_number: `P${COUNTER}`,
  ssn: `1${COUNTER}`,
  email: `patched.${COUNTER}@example.com`,
  phone: `+1 555 ${COUNTER}`,
};

/**
 * The verification surface's read and its write of ten fields, against a bare `node:http` server that makes one
 * prepared statement on the same database with the same rows to write, and gives the same answer.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  await using installation = await install(site, 'verification');
  const { product, poolId, key, call, target, config } = installation;
  options.note(`filling ${IDENTITIES} identities`);
  const ids = await fillPool(installation, IDENTITIES, { keep: 2 * MESSAGES, verified: true });
  const pathOf = (id: string) => `/api/v1/identities/${toTagged(id, 'idn')}`;
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
  const [ours, theirs] = [ids.slice(0, MESSAGES), ids.slice(MESSAGES)];
  try {
    return [
      await pair(
        'GET identities/{id} ÷ bare read',
        {
          subject: ids.map((id) => message('GET', pathOf(id), key)),
          baseline: ids.map((id) => message('GET', `/${id}`, key)),
        },
        0.6,
      ),
      await pair(
        'PATCH of ten fields ÷ bare write',
        {
          subject: ours.map((id) => message('PATCH', pathOf(id), key, TEN_FIELDS)),
          baseline: theirs.map((id) => message('PATCH', `/${id}`, key, TEN_FIELDS)),
        },
        0.45,
      ),
    ];
  } finally {
    load.stop();
    bare.stop();
  }
};
