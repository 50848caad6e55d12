import { toPlaced } from '../src/kit/ids.ts';
import { type Figure, median, type Run } from './kit/figure.ts';
import { documentNumberOf, emailOf, fillPool, personOf } from './kit/fill.ts';
import { COST, growthPairing, largeSize, SMALL } from './kit/growth-pairing.ts';
import { message } from './kit/load-generator.ts';
import { startLoad } from './kit/processes.ts';
import { type Installation, install, openSite } from './kit/site.ts';

const LOOKUPS = 2000;

/**
 * What a request costs in a large pool by what it costs in a small one: two databases of one PostgreSQL, each with its
 * server, asked in turn. Cost is time by request at full load.
 */
export const run: Run = async (options) => {
  const { note } = options;
  const large = largeSize(options);
  await using site = await openSite();
  await using few = await install(site, 'few');
  await using many = await install(site, 'many');
  note(`filling ${SMALL} and ${large} identities`);
  const began = performance.now();
  await fillPool(few, SMALL, { verified: true });
  await fillPool(many, large, { verified: true });
  note(`filled in ${((performance.now() - began) / 1000).toFixed(0)} s`);

  const load = startLoad();
  const pair = growthPairing(options, load, { few, many });
  const poolOf = async ({ deps, poolId }: Installation) =>
    toPlaced(poolId, 'pool', (await deps.configs.current(poolId)).partition);
  const page = (query: string) => async (of: Installation) => [
    message('GET', `/api/v1/identity?pool_id=${await poolOf(of)}${query}`, of.key),
  ];
  const inMiddle = (sort: string) => async (of: Installation, count: number) =>
    page(`${sort}&pagination[offset]=${Math.floor(count / 2)}`)(of);
  /** A creation with an e-mail that is taken answers 422, and is how this surface looks one up. */
  const lookup = async (of: Installation, count: number) => {
    const pool = await poolOf(of);
    return Array.from({ length: LOOKUPS }, (_, index) => {
      const step = Math.floor(count / LOOKUPS);
      // Every hundredth identity is closed and holds no e-mail.
      const taken = index * step - ((index * step) % 100);
      const factors = [{ name: 'email', type: 'email', value: emailOf(taken) }];
      return message('POST', '/api/v1/identity', of.key, { details: { pool_id: pool, factors } });
    });
  };
  /** One that is open, for each request another. */
  const someOf = (count: number, index: number): number => {
    const some = index * Math.floor(count / LOOKUPS);
    return some - (some % 100);
  };
  const search = (body: (some: number) => object) => async (of: Installation, count: number) =>
    Array.from({ length: LOOKUPS }, (_, index) =>
      message('POST', '/api/v1/identities/search', of.key, body(someOf(count, index))),
    );
  const byPerson = (some: number) => {
    const { given, family, birthdate } = personOf(some);
    return { first_name: given, last_name: family, date_of_birth: birthdate };
  };
  try {
    return [
      await pair(
        'search by e-mail',
        search((some) => ({ email: emailOf(some) })),
        { target: COST },
      ),
      await pair(
        'search by document number',
        search((some) => ({ document_number: documentNumberOf(some) })),
        {
          target: COST,
        },
      ),
      await pair('search by name and birth date', search(byPerson), { target: COST }),
      await pair(
        'verification list, first page of 25',
        async (of) => [message('GET', '/api/v1/identities', of.key)],
        { target: COST },
      ),
      await pair('list, first page of 100', page(''), { target: COST }),
      await pair('list, filtered by status', page('&status=deleted&pagination[page_size]=20'), {
        target: COST,
      }),
      await pair('list, sorted by last interaction', page('&sorting=last_seen:desc'), { target: COST }),
      await pair('list, sorted by status', page('&sorting=status:asc'), { target: COST }),
      await pair('look-up by e-mail (422 of a creation)', lookup, { target: COST, statuses: ['422'] }),
      await storeFigure(few, many, large),
      await pair('list at half of the pool (offset)', inMiddle('')),
    ];
  } finally {
    load.stop();
  }
};

/** The look-up itself, without a server around it. */
async function storeFigure(few: Installation, many: Installation, large: number): Promise<Figure> {
  const time = async ({ deps, poolId }: Installation, count: number): Promise<number> => {
    const vault = await deps.vault.pool(poolId);
    const began = performance.now();
    for (let index = 0; index < LOOKUPS; index += 1) {
      const email = emailOf(Math.floor((index * 7919) % count));
      await deps.identities.findHolders(poolId, [{ space: 'email', digest: vault.digest('email', email) }]);
    }
    return ((performance.now() - began) * 1000) / LOOKUPS;
  };
  const rounds: [large: number, small: number][] = [];
  for (let round = 0; round < 5; round += 1) rounds.push([await time(many, large), await time(few, SMALL)]);
  return {
    name: 'look-up by e-mail in the store',
    value: median(rounds.map(([value]) => value)),
    unit: 'µs',
    baseline: median(rounds.map(([, baseline]) => baseline)),
    ratio: median(rounds.map(([value, baseline]) => value / baseline)),
    target: COST,
  };
}
