import type { Deps } from '../deps.ts';
import { InvalidInput } from '../errors.ts';
import { EMAIL } from '../identities/claims.ts';
import { IDENTIFIER } from '../identities/login-identifiers.ts';
import type { IdentityId, PoolId, PoolVault } from '../ports.ts';
import { foldPrefix, hasPrefix } from './identifiers.ts';
import { openIamRecords } from './open-records.ts';
import type { IamRows } from './ports.ts';
import type { IamRecord } from './record.ts';

/** Records whose identifiers may begin so; more are refused, because each may have to be opened. */
const CANDIDATES_MAX = 10_000;
/** Candidates that are read at once. */
const CHUNK = 250;

/**
 * Identities with an identifier that begins with a text: found by keyed trigrams, opened and compared, in the order of
 * their ids until there are as many as are wanted.
 *
 * @throws InvalidInput There are more candidates than `CANDIDATES_MAX`.
 */
export async function findByPrefix(
  deps: Pick<Deps, 'configs' | 'iamIdentities' | 'vault'>,
  pool: { poolId: PoolId; vault: PoolVault },
  text: string,
  { after, offset, limit }: IamRows,
): Promise<IamRecord[]> {
  const ids = await listCandidates(deps, pool, text);
  const left = after === null ? ids : ids.filter((id) => id > after);
  const found: IamRecord[] = [];
  for (let from = 0; from < left.length && found.length < offset + limit; from += CHUNK) {
    const scope = { kind: 'ids', ids: left.slice(from, from + CHUNK) } as const;
    const rows = { after: null, offset: 0, limit: CHUNK };
    const records = await openIamRecords(
      deps,
      await deps.iamIdentities.listVisible(pool.poolId, scope, rows),
    );
    found.push(...records.filter((record) => hasPrefix(record, text)));
  }
  return found.slice(offset, offset + limit);
}

async function listCandidates(
  { iamIdentities }: Pick<Deps, 'iamIdentities'>,
  { poolId, vault }: { poolId: PoolId; vault: PoolVault },
  text: string,
): Promise<IdentityId[]> {
  // E-mail addresses have trigrams of their own; all other identifiers share theirs.
  const prefix = foldPrefix(text);
  const anyOf = [EMAIL, IDENTIFIER].map((space) => ({
    space,
    grams: vault.trigrams(space, prefix, 'prefix'),
  }));
  const ids = await iamIdentities.listCandidates(poolId, { anyOf, max: CANDIDATES_MAX + 1 });
  if (ids.length <= CANDIDATES_MAX) return ids.sort();
  const message = 'too many identifiers begin like this; give more of it';
  throw new InvalidInput([
    { path: ['preview_credentials_identifier_similar'], code: 'invalid', rule: 'length', message },
  ]);
}
