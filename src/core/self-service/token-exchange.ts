import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { findActiveSession } from '../sessions/find-session.ts';
import type { SessionOfIdentity } from '../sessions/view.ts';
import { LoginUnfinished } from './errors.ts';
import { type Flow, openFlow } from './flow.ts';
import type { ContinueWith } from './outcome.ts';
import type { FlowDeps } from './visit.ts';

const SIZE_BYTES = 32;
/** A client fetches its session as soon as the browser is back. */
const FETCHED_WITHIN_MS = 5 * 60_000;

/**
 * Lets a native client wait for what a browser does in its flow.
 * @returns The code that the client keeps: shown this once.
 */
export async function openExchange(
  { exchanges, random, secrets }: Pick<FlowDeps, 'exchanges' | 'random' | 'secrets'>,
  { poolId, id, expiresAt }: Flow,
): Promise<string> {
  const code = random.bytes(SIZE_BYTES).toString('base64url');
  const initDigest = secrets.hash('exchange-init', code);
  await exchanges.insertExchange({ poolId, flowId: id, initDigest, expiresAt });
  return code;
}

/**
 * Keeps a session's token for the client that waits for it, within the transaction that begins the session.
 * @returns The code that the browser takes to the client.
 * @throws NotFound No client waits, or not any more: nobody would ever have the session.
 */
export async function closeExchange(
  { exchanges }: Pick<RecordStores, 'exchanges'>,
  { clock, random, secrets }: Pick<FlowDeps, 'clock' | 'random' | 'secrets'>,
  { poolId, id, key }: Flow,
  token: string,
): Promise<ContinueWith[]> {
  const code = random.bytes(SIZE_BYTES).toString('base64url');
  const at = clock.now();
  const isKept = await exchanges.finishExchange({
    ...{ poolId, flowId: id, at, returnDigest: secrets.hash('exchange-return', code) },
    box: key.seal(sectionOf(id), Buffer.from(token)),
    expiresAt: new Date(at.getTime() + FETCHED_WITHIN_MS),
  });
  if (!isKept) throw new NotFound();
  return [{ next: 'exchange', code }];
}

/**
 * The session of a native client whose person signed in in a browser, for both codes: the one that the client was given
 * with the flow, and the one that the browser brought. Both are used up.
 *
 * @throws NotFound Unknown, used, too old, or not each other's; or the session has ended. @throws LoginUnfinished
 * @see Contract iam 6.5.
 */
export async function exchangeToken(
  deps: Pick<Deps, 'clock' | 'secrets' | 'sessions' | 'vault' | 'flows' | 'exchanges'>,
  { poolId, initCode, returnCode }: { poolId: PoolId; initCode: string; returnCode: string },
): Promise<SessionOfIdentity & { readonly token: string }> {
  const { clock, secrets, exchanges, flows, vault } = deps;
  const initDigest = secrets.hash('exchange-init', initCode);
  const returnDigest = secrets.hash('exchange-return', returnCode);
  const taken = await exchanges.takeExchange(poolId, { initDigest, returnDigest }, clock.now());
  if (taken === null) {
    if (await exchanges.isWaiting(poolId, initDigest, clock.now())) throw new LoginUnfinished();
    throw new NotFound();
  }
  const stored = await flows.findFlow(poolId, taken.flowId);
  if (stored === null) throw new NotFound();
  const { key, id } = openFlow(await vault.pool(poolId, stored.configVersion), stored);
  const token = key.open(sectionOf(id), taken.box).toString('utf8');
  const found = await findActiveSession(deps, poolId, token);
  if (found === null) throw new NotFound();
  return { ...found, token };
}

/** Bound to the flow. */
function sectionOf(id: Flow['id']): string {
  return `token-exchange:${id}`;
}
