import { randomBytes } from 'node:crypto';
import type { Run } from './kit/figure.ts';
import { fillKycPool } from './kit/fill-kyc.ts';
import { COUNTER, message } from './kit/load-generator.ts';
import { pairing } from './kit/pairing.ts';
import { startBare, startLoad } from './kit/processes.ts';
import { install, openSite } from './kit/site.ts';

const IDENTITIES = 10_000;

/** A person that nobody was before. */
const personal = (run: string) => ({
  ...{ type: 'person', name: `Ana Silva ${COUNTER}`, email: `new.${COUNTER}.${run}@example.com` },
  ...{ birthday: '1990-05-06', gender: 'Female' },
  address: {
    city: `Braga ${COUNTER}`,
    country: 'PT',
    postalCode: COUNTER,
    street: `Rua do Souto ${COUNTER}`,
  },
  phone: { number: `91${COUNTER}` },
  tax: { country: 'PT', idNumber: `1${COUNTER}` },
});

/**
 * Creations of persons without documents, against a bare `node:http` server that makes one prepared statement with the
 * same rows and gives the same answer. What is done about a case afterwards, by whichever process, is no part of either:
 * this one runs no jobs.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  await using installation = await install(site, 'kyc', {
    environment: { SELFSAME_SERVER_RUNS_JOBS: 'false' },
  });
  const { product, poolId, key, call, target, config } = installation;
  options.note(`filling ${IDENTITIES} identities`);
  await fillKycPool(installation, IDENTITIES);
  const person = personal(randomBytes(4).toString('hex'));
  const sample = await call('POST', '/identities', person);
  if (sample.status !== 200) throw new Error(`the server answers ${sample.status}: ${sample.text}`);
  const bare = await startBare({
    socket: target,
    connections: config.database.maxConnections,
    poolId,
    reply: sample.text,
  });
  const load = startLoad();
  const pair = pairing(options, load, { subject: product.port, baseline: bare.port });
  const messages = [message('POST', '/identities', key, person)];
  try {
    return [await pair('POST /identities ÷ bare write', { subject: messages, baseline: messages }, 0.45)];
  } finally {
    load.stop();
    bare.stop();
  }
};
