import type { PoolId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

/** Of the newest values of a space. */
const SAMPLE = 200;
/** What more of the sample have is common. */
const RARE_MAX = 4;

const FREQUENCIES = `
  select u.gram::text as gram, count(*) filter (where u.gram = any(s.grams))::integer as n
  from unnest($3::bigint[]) as u(gram), (
    select g.grams from search_grams g
    where g.pool_id = $1::uuid and g.space = $2::text order by g.identity_id desc limit $4::integer) s
  group by u.gram`;

/**
 * Those of these trigrams that few values of a pool have; all of them where every one is common. An index is asked for the
 * rare ones alone: e-mails share their domains, and lists of a million entries cost more to intersect than they exclude.
 *
 * @param grams As the column has them.
 */
export async function rareGrams(
  session: Session,
  poolId: PoolId,
  { space, grams }: { space: string; grams: readonly string[] },
): Promise<readonly string[]> {
  if (grams.length === 0) return grams;
  const parameters = [poolId, space, grams, SAMPLE];
  const { rows } = await session.query<{ gram: string; n: number }>({ text: FREQUENCIES, parameters });
  const common = new Set(rows.filter(({ n }) => n > RARE_MAX).map(({ gram }) => gram));
  const rare = grams.filter((gram) => !common.has(gram));
  return rare.length === 0 ? grams : rare;
}
