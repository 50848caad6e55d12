import { randomBytes } from 'node:crypto';
import { checkStatuses } from './kit/compare.ts';
import { type BenchOptions, type Figure, median, type Run } from './kit/figure.ts';
import { COUNTER, message } from './kit/load-generator.ts';
import { pairing } from './kit/pairing.ts';
import { type Load, startBare, startLoad } from './kit/processes.ts';
import { type Installation, install, openSite } from './kit/site.ts';

const BATCHES = 9;
const BATCH = 1000;
const BATCH_PATH = '/admin/identities';
/** Senders of batches at once: while one is sealed, others are written, and no core waits for a disk. */
const SENDERS = 4;
/** Made once with cost 10; imported as it is. */
const HASH = '$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq';

const newIdentity = (email: string) => ({
  schema_id: 'default',
  traits: { email },
  credentials: { password: { config: { hashed_password: HASH } } },
});

const batchOf = (emailAt: (index: number) => string) => ({
  identities: Array.from({ length: BATCH }, (_, index) => ({ create: newIdentity(emailAt(index)) })),
});

/**
 * Identities with an imported password, read and made one at a time, against a bare `node:http` server that makes one
 * prepared statement with the same rows and gives the same answer; and made a thousand at a time.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  await using installation = await install(site, 'iam');
  const { product, poolId, key, call, target, config } = installation;
  options.note(`making ${BATCHES * BATCH} identities`);
  const ids = await makeIdentities(installation);
  const sample = await call('GET', `${BATCH_PATH}/${ids[0]}`);
  if (sample.status !== 200) throw new Error(`the server answers ${sample.status}: ${sample.text}`);
  const bare = await startBare({
    socket: target,
    connections: config.database.maxConnections,
    poolId,
    reply: sample.text,
  });
  const load = startLoad();
  const pair = pairing(options, load, { subject: product.port, baseline: bare.port });
  const half = ids.length / 2;
  // The bare server writes bytes that the product cannot open: rows of its own.
  const reads = ids.slice(0, half).map((id) => message('GET', `${BATCH_PATH}/${id}`, key));
  const email = `new.${COUNTER}.${randomBytes(4).toString('hex')}@example.com`;
  const creation = [message('POST', BATCH_PATH, key, newIdentity(email))];
  try {
    return [
      await pair('GET /identities/{id} ÷ bare read', { subject: reads, baseline: reads }, 0.6),
      await pair(
        'POST /identities, hashed password ÷ bare write',
        { subject: creation, baseline: creation },
        0.45,
        ['200', '201'],
      ),
      await batchFigure(options, load, installation),
    ];
  } finally {
    load.stop();
    bare.stop();
  }
};

/** @returns Their ids. */
async function makeIdentities({ call }: Installation): Promise<string[]> {
  const ids: string[] = [];
  for (let turn = 0; turn < BATCHES; turn += 1) {
    const { text } = await call(
      'PATCH',
      BATCH_PATH,
      batchOf((index) => `somebody.${turn}.${index}@example.com`),
    );
    const { identities } = JSON.parse(text) as { identities: { identity: string }[] };
    ids.push(...identities.map(({ identity }) => identity));
  }
  return ids;
}

async function batchFigure(
  { quick, note }: BenchOptions,
  load: Load,
  { product, key }: Installation,
): Promise<Figure> {
  const name = `PATCH /identities, batches of ${BATCH}`;
  note(name);
  const run = randomBytes(4).toString('hex');
  const body = batchOf((index) => `batch.${COUNTER}.${index}.${run}@example.com`);
  const messages = [message('PATCH', BATCH_PATH, key, body)];
  const rates: number[] = [];
  for (let round = 0; round <= (quick ? 1 : 5); round += 1) {
    const outcome = await load.run({
      ...{ port: product.port, connections: SENDERS, messages },
      seconds: quick ? 3 : 6,
    });
    checkStatuses(outcome, ['200']);
    if (round > 0) rates.push(outcome.perSecond * BATCH);
  }
  return { name, value: median(rates), unit: 'identities/s', target: { atLeast: 5000 } };
}
