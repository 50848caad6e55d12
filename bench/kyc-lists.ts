import type { Figure, Run, Target } from './kit/figure.ts';
import { fillKycPool, kycEmailOf, kycNameOf } from './kit/fill-kyc.ts';
import { COST, growthPairing, largeSize, type MessagesOf, SMALL } from './kit/growth-pairing.ts';
import { message } from './kit/load-generator.ts';
import { startLoad } from './kit/processes.ts';
import { type Installation, install, openSite } from './kit/site.ts';

const DIFFERENT = 1000;
const SECONDS = 1;

/** What the structural filters ask for; each is sorted in one of the four ways, so that every way is there. */
const STRUCTURAL = [
  '',
  'sort=createdAt',
  'sort=-updatedAt',
  'sort=updatedAt',
  'sort=updatedAt,-createdAt',
  'filter[type]=person',
  'filter[type]=company&sort=updatedAt',
  'filter[blocked]=true&sort=-updatedAt',
  'filter[blocked]=false&sort=createdAt',
  'filter[riskRating]=high',
  'filter[riskRating]=in:low,high&sort=updatedAt',
  'filter[riskRating]=nin:high&sort=-updatedAt',
  'filter[type]=person&filter[blocked]=true&filter[riskRating]=nin:low,medium&sort=createdAt',
];

const path = (query: string) => `/identities${query === '' ? '' : `?${query}`}`;

/** A page for each of many identities, which are spread over the pool. */
function pages(queryOf: (index: number, of: Known) => string): MessagesOf {
  return async (of, count) => {
    const known = await knownOf(of);
    return Array.from({ length: DIFFERENT }, (_, turn) => {
      const index = Math.floor((turn * count) / DIFFERENT);
      return message('GET', path(queryOf(index, known)), of.key);
    });
  };
}

/** Ids of some companies and of their owners. */
interface Known {
  id(index: number): string;
  owner(index: number): string;
}

async function knownOf({ db, poolId }: Installation): Promise<Known> {
  const { rows } = await db.query<{ id: string; owner: string }>({
    text: `select id, identity_owner as owner from identities
           where pool_id = $1::uuid and kyc_type = 'company' order by md5(id::text) limit $2::integer`,
    parameters: [poolId, DIFFERENT],
  });
  const at = (index: number) => rows[index % rows.length];
  return { id: (index) => at(index)?.id ?? '', owner: (index) => at(index)?.owner ?? '' };
}

/** What finds a few records by what they have. */
const FINDING: readonly (readonly [name: string, MessagesOf])[] = [
  ['id', pages((index, { id }) => `filter[id]=${id(index)}`)],
  [
    'id, in: of three',
    pages((index, { id }) => `filter[id]=in:${[0, 1, 2].map((more) => id(index + more)).join()}`),
  ],
  ['identityOwner', pages((index, { owner }) => `filter[identityOwner]=${owner(index)}`)],
  [
    'identityOwner, in: of two',
    pages((index, { owner }) => `filter[identityOwner]=in:${owner(index)},${owner(index + 1)}`),
  ],
  ['email', pages((index) => `filter[email]=${kycEmailOf(index)}`)],
  ['name', pages((index) => `filter[name]=${encodeURIComponent(kycNameOf(index))}`)],
  [
    'name, sorted by change',
    pages((index) => `filter[name]=${encodeURIComponent(kycNameOf(index))}&sort=updatedAt`),
  ],
  ['email, like: that one has', pages((index) => `filter[email]=like:.${index}@place`)],
];

/** Parts of e-mails, of which few have them. A thousand who have one are opened all: that takes what it takes. */
const PARTS: readonly (readonly [name: string, MessagesOf, target?: Target])[] = [
  ['5 characters', pages((index) => `filter[email]=like:${10_000 + (index % 90_000)}`), { atMost: 50 }],
  ['9 characters', pages((index) => `filter[email]=like:dy.${100_000 + (index % 900_000)}`), { atMost: 50 }],
  ['8 characters that a thousandth has', pages((index) => `filter[email]=like:place${100 + (index % 900)}`)],
];

/** The lists of the kyc surface in a large pool against the same in a small one, first pages with their totals. */
export const run: Run = async (options) => {
  const large = largeSize(options);
  await using site = await openSite();
  await using few = await install(site, 'few');
  await using many = await install(site, 'many');
  options.note(`filling ${SMALL} and ${large} persons and companies`);
  const began = performance.now();
  await fillKycPool(few, SMALL);
  await fillKycPool(many, large);
  options.note(`filled in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return await measureLists(options, { few, many });
};

export async function measureLists(
  options: Parameters<Run>[0],
  installations: { few: Installation; many: Installation },
): Promise<Figure[]> {
  const load = startLoad();
  const pair = growthPairing(options, load, installations);
  const figures: Figure[] = [];
  try {
    for (const query of STRUCTURAL) {
      const first: MessagesOf = ({ key }) => [message('GET', path(query), key)];
      figures.push(await pair(`kyc list: ${query || 'all'}`, first, { target: COST, seconds: SECONDS }));
    }
    for (const [name, messagesOf] of FINDING)
      figures.push(await pair(`kyc list: ${name}`, messagesOf, { target: COST, seconds: SECONDS }));
    for (const [name, messagesOf, target] of PARTS) {
      const timed = await pair(`kyc list: email, like: of ${name}, alone`, messagesOf, {
        measure: 'alone',
        seconds: SECONDS,
      });
      figures.push(inMilliseconds(timed, target));
    }
    return figures;
  } finally {
    load.stop();
  }
}

/** What a person waits for; held to by itself, beside that of the small pool. */
function inMilliseconds({ name, value, baseline = 0 }: Figure, target?: Target): Figure {
  const timed = { name, value: value / 1000, unit: 'ms', baseline: baseline / 1000 };
  return target === undefined ? timed : { ...timed, target };
}
