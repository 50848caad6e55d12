import { equalInConstantTime } from '../../kit/constant-time.ts';
import { formatUuid, parseUuid, type Uuid, type UuidParts } from '../../kit/ids.ts';
import type { RandomSource } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import type { PoolId, PoolVault } from '../ports.ts';
import { draftFlow, type Unstored } from './create-flow.ts';
import type { FlowUse } from './flow-use.ts';
import { EXPIRED_FLOW_KEPT_MS, type FlowId, type FlowKind } from './ports.ts';
import type { FlowDeps, FlowStart, Visit } from './visit.ts';

/**
 * Flows of native clients who want nothing special are all alike. So nothing of them is stored before a submit leaves
 * something to keep: a message, a code, that they were used up. Until then the flow follows from its id, which says when it
 * began and carries a code under a key of the pool, so that nobody else makes one; from the pool's settings; and from
 * where it is asked for.
 *
 * docs/decisions/0025-native-sign-ins-are-stored-late.md
 */

/** Hexadecimal digits at the end of the id, in the place of random ones: 32 bits. */
const CODE_DIGITS = 8;

/**
 * Begins a flow, by the settings as they are now. Stores nothing.
 * @returns Null for a start whose flow is stored from its beginning.
 */
export async function beginStateless(
  deps: FlowDeps,
  use: FlowUse,
  start: FlowStart,
): Promise<Unstored | null> {
  const { stateless } = use;
  if (!stateless?.isSuch(start)) return null;
  await deps.configs.confirmed(start.poolId);
  const vault = await deps.vault.pool(start.poolId);
  return draw(deps, use, { start, vault, id: newIdOf(deps, vault, stateless.kind) });
}

/**
 * A flow as it is if nothing was stored of it.
 * @param settings By those in memory, or as they are now.
 * @returns Null for an id that was not given out for that, or longer ago than anybody remembers.
 */
export async function assumeFlow(
  deps: FlowDeps,
  use: FlowUse,
  { id, ...visit }: Visit & { readonly id: FlowId },
  settings: 'held' | 'now',
): Promise<Unstored | null> {
  const { stateless } = use;
  if (stateless === undefined) return null;
  const vault = await deps.vault.pool(visit.poolId);
  if (!isGivenOut(vault, stateless.kind, id)) return null;
  if (settings === 'now') await deps.configs.confirmed(visit.poolId);
  const flow = await draw(deps, use, { start: stateless.start(visit), vault, id });
  return flow.expiresAt.getTime() + EXPIRED_FLOW_KEPT_MS > deps.clock.now().getTime() ? flow : null;
}

async function draw(
  deps: FlowDeps,
  use: FlowUse,
  { start, vault, id }: { readonly start: FlowStart; readonly vault: PoolVault; readonly id: FlowId },
): Promise<Unstored> {
  const { poolId } = start;
  const drawing = { ...deps, random: randomOf(vault, id) };
  const next = await use.prepare(drawing, { ...start, settings: 'held' });
  const issuedAt = new Date(partsOf(id).ms);
  return { ...draftFlow(deps, next, vault, { id, issuedAt }), configVersion: versionOf(deps, poolId) };
}

function versionOf({ configs }: Pick<FlowDeps, 'configs'>, poolId: PoolId): number {
  return configs.held(poolId, 0)?.version ?? 0;
}

/** What a form has of chance, a challenge for keys, is the same whenever its flow is drawn, and nobody's guess. */
function randomOf(vault: PoolVault, id: FlowId): RandomSource {
  let count = 0;
  return {
    bytes(size) {
      count += 1;
      const bytes = vault.digest('stateless-flow:random', `${id}:${count}`);
      if (size > bytes.length) throw new InternalFault('a form draws at most a digest at once');
      return bytes.subarray(0, size);
    },
  };
}

function newIdOf({ clock, ids }: Pick<FlowDeps, 'clock' | 'ids'>, vault: PoolVault, kind: FlowKind): FlowId {
  // Ids may be ahead of the clock, and of this one the time is when the flow began.
  const { random } = partsOf(ids.next());
  const head = formatUuid({ ms: clock.now().getTime(), random }).slice(0, -CODE_DIGITS);
  return `${head}${codeOf(vault, kind, head)}` as FlowId;
}

function partsOf(id: Uuid): UuidParts {
  const parts = parseUuid(id);
  if (parts === null) throw new InternalFault('an id of a flow is a UUIDv7');
  return parts;
}

function isGivenOut(vault: PoolVault, kind: FlowKind, id: FlowId): boolean {
  const code = codeOf(vault, kind, id.slice(0, -CODE_DIGITS));
  return equalInConstantTime(Buffer.from(code), Buffer.from(id.slice(-CODE_DIGITS)));
}

function codeOf(vault: PoolVault, kind: FlowKind, head: string): string {
  return vault.digest('stateless-flow:id', `${kind}:${head}`).toString('hex').slice(0, CODE_DIGITS);
}
