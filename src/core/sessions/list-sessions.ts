import { isUuid } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, SealBroken } from '../errors.ts';
import type { OffsetPage } from '../pools/ports.ts';
import type { IdentityId, PoolId, PoolVault } from '../ports.ts';
import type { SessionId, StoredSession } from './ports.ts';
import { openEach, type SessionView } from './view.ts';

type Needs = Pick<Deps, 'clock' | 'sessions' | 'vault'>;

const SECTION_PAGE = 'session-page';

export interface SessionWindow {
  readonly offset: number;
  readonly limit: number;
}

/**
 * Sessions of an identity, newest first; an unknown one has none.
 * @param input.isActive Null: whatever their state.
 * @see Contract iam 4.1.
 */
export function listSessionsOf(
  deps: Needs,
  poolId: PoolId,
  input: SessionWindow & { readonly identityId: IdentityId; readonly isActive: boolean | null },
): Promise<OffsetPage<SessionView>> {
  return listOfIdentity(deps, poolId, { ...input, except: null });
}

/** The other active sessions of the person who asks, newest first. @see Contract iam 6.5. */
export function listOtherSessions(
  deps: Needs,
  { poolId, id, identityId }: Pick<StoredSession, 'poolId' | 'id' | 'identityId'>,
  { offset, limit }: SessionWindow,
): Promise<OffsetPage<SessionView>> {
  return listOfIdentity(deps, poolId, { identityId, isActive: true, except: id, offset, limit });
}

async function listOfIdentity(
  deps: Needs,
  poolId: PoolId,
  query: Omit<Parameters<Deps['sessions']['listOfIdentity']>[1], 'now'>,
): Promise<OffsetPage<SessionView>> {
  const { items, total } = await deps.sessions.listOfIdentity(poolId, { ...query, now: deps.clock.now() });
  return { items: await openEach(deps, items), total };
}

export interface SessionPage {
  readonly items: readonly SessionView[];
  /** For the page after this one; null on the last. Opaque and sealed. */
  readonly nextPageToken: string | null;
}

/**
 * A pool's sessions, newest first: each that was there all the while is seen once, whatever comes in meanwhile.
 *
 * @param input.isActive Null: whatever their state.
 * @throws InvalidInput The page token is none of this pool; at path `page_token`.
 * @see Contract iam 1.4, 4.2.
 */
export async function listSessions(
  deps: Needs,
  poolId: PoolId,
  input: {
    readonly isActive: boolean | null;
    readonly pageSize: number;
    readonly pageToken: string | null;
  },
): Promise<SessionPage> {
  const { isActive, pageSize, pageToken } = input;
  const keys = await deps.vault.pool(poolId);
  const found = await deps.sessions.listSessions(poolId, {
    isActive,
    now: deps.clock.now(),
    before: pageToken === null ? null : openToken(keys, pageToken),
    limit: pageSize + 1,
  });
  const page = found.slice(0, pageSize);
  const last = page.at(-1);
  return {
    items: await openEach(deps, page),
    nextPageToken:
      found.length > pageSize && last !== undefined
        ? keys.seal(SECTION_PAGE, Buffer.from(last.session.id)).toString('base64url')
        : null,
  };
}

function openToken(keys: PoolVault, token: string): SessionId {
  try {
    const id = keys.open(SECTION_PAGE, Buffer.from(token, 'base64url')).toString('utf8');
    if (isUuid(id)) return id as SessionId;
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
  }
  throw new InvalidInput([{ path: ['page_token'], code: 'invalid', message: 'must be one that was given' }]);
}
