import { sealPageToken } from '../src/core/iam/page-token.ts';
import type { IdentityId } from '../src/core/ports.ts';
import type { Run } from './kit/figure.ts';
import { emailOf, fillPool } from './kit/fill.ts';
import { COST, growthPairing, largeSize, type MessagesOf, SMALL } from './kit/growth-pairing.ts';
import { message } from './kit/load-generator.ts';
import { startLoad } from './kit/processes.ts';
import { type Installation, install, openSite } from './kit/site.ts';

const DIFFERENT = 1000;
const BASE = '/admin/identities';

/** The lists of the iam surface in a large pool against the same in a small one. */
export const run: Run = async (options) => {
  const large = largeSize(options);
  await using site = await openSite();
  await using few = await install(site, 'few');
  await using many = await install(site, 'many');
  options.note(`filling ${SMALL} and ${large} identities`);
  await fillPool(few, SMALL);
  await fillPool(many, large);
  const load = startLoad();
  const pair = growthPairing(options, load, { few, many });
  const page = (query: string) => (of: Installation) => [message('GET', `${BASE}?${query}`, of.key)];
  /** Each of many identities, which are spread over the pool, is asked for; none of those that are closed. */
  const spread =
    (query: (email: string) => string): MessagesOf =>
    (of, count) =>
      Array.from({ length: DIFFERENT }, (_, turn) => {
        const index = Math.floor((turn * count) / DIFFERENT);
        return message('GET', `${BASE}?${query(encodeURIComponent(emailOf(index - (index % 100))))}`, of.key);
      });
  const middle: MessagesOf = async (of) => {
    const token = sealPageToken(await of.deps.vault.pool(of.poolId), await middleOf(of));
    return page(`page_size=250&page_token=${token}`)(of);
  };
  try {
    return [
      await pair('iam list: first page of 250', page('page_size=250'), { target: COST }),
      await pair('iam list: page of 250 from the middle', middle, { target: COST }),
      await pair('iam list: page 3 of 250, by number', page('page=3'), { target: COST }),
      await pair(
        'iam list: credentials_identifier',
        spread((email) => `credentials_identifier=${email}`),
        { target: COST },
      ),
    ];
  } finally {
    load.stop();
  }
};

async function middleOf({ db, poolId }: Installation): Promise<IdentityId> {
  const { rows } = await db.query<{ id: IdentityId }>({
    text: `select id from identities where pool_id = $1::uuid order by id
           offset (select count(*) / 2 from identities where pool_id = $1::uuid) limit 1`,
    parameters: [poolId],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('the pool is empty');
  return row.id;
}
