import type { IdentityId } from '../../src/core/ports.ts';
import { sealContent } from '../../src/core/sessions/content.ts';
import type { SessionId } from '../../src/core/sessions/ports.ts';
import { digestOfToken, makeToken } from '../../src/core/sessions/tokens.ts';
import type { Installation } from './site.ts';

const BATCH = 5000;
const WRITERS = 3;
const DAY_MS = 86_400_000;
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

const INSERT = `
  insert into sessions (pool_id, id, identity_id, token_digest, logout_digest, aal, issued_at, authenticated_at,
    expires_at, box)
  select $1::uuid, u.id, u.identity_id, decode(u.token, 'hex'), decode(u.logout, 'hex'), 'aal1', $2::timestamptz,
    $2::timestamptz, $3::timestamptz, u.box
  from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::bytea[]) as u(id, identity_id, token, logout, box)`;

/**
 * Fills a pool with active sessions as logins would have made them; only audit entries are left out.
 *
 * @param identityIds Whose sessions they are, in turn.
 * @returns Session tokens, `keep` of them, from all over.
 */
export async function fillSessions(
  { deps, db, poolId }: Installation,
  identityIds: readonly IdentityId[],
  count: number,
  { keep = 5000 } = {},
): Promise<string[]> {
  const vault = await deps.vault.pool(poolId);
  const stored = await Promise.all(identityIds.map((id) => deps.identities.findIdentity(poolId, id)));
  const owners = stored.flatMap((one) =>
    one?.wrappedKey ? [{ id: one.id, key: vault.openIdentityKey(one.id, one.wrappedKey) }] : [],
  );
  const [now, over] = [deps.clock.now(), new Date(deps.clock.now().getTime() + DAY_MS)];
  const kept: string[] = [];
  const every = Math.max(1, Math.floor(count / keep));
  const hash = (kind: 'session' | 'logout', token: string) =>
    digestOfToken(deps.secrets, kind, token)?.toString('hex');

  const makeRow = (index: number): unknown[] => {
    const owner = owners[index % owners.length];
    if (owner === undefined) throw new Error('there are no identities to log in');
    const id = deps.ids.next() as SessionId;
    const token = makeToken(deps.random, 'session');
    if (index % every === 0) kept.push(token);
    const box = sealContent(owner.key, id, {
      methods: [{ method: 'password', aal: 'aal1', completedAt: now }],
      devices: [{ id: deps.ids.next(), ipAddress: '203.0.113.7', userAgent: USER_AGENT, location: null }],
    });
    const logout = hash('logout', makeToken(deps.random, 'logout'));
    return [id, owner.id, hash('session', token), logout, box];
  };

  let next = 0;
  const write = async (): Promise<void> => {
    while (next < count) {
      const first = next;
      next += BATCH;
      const rows = Array.from({ length: Math.min(BATCH, count - first) }, (_, n) => makeRow(first + n));
      const columns = Array.from({ length: 5 }, (_, column) => rows.map((row) => row[column]));
      // In one transaction with the switch, which holds for it alone: foreign keys hold by construction.
      await db.transaction(async (tx) => {
        await tx.query({ text: 'set local session_replication_role = replica', parameters: [] });
        await tx.query({ text: INSERT, parameters: [poolId, now, over, ...columns] });
      });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  await db.query({ text: 'vacuum (analyze) sessions', parameters: [] });
  return kept;
}
