import type { Uuid } from '../kit/ids.ts';
import type { Deps } from './deps.ts';
import { IdempotencyMismatch, WrongState } from './errors.ts';
import { openIdentity, vaultFor } from './identities/view.ts';
import type { IdempotentReply } from './pools/ports.ts';
import type { DataKey, IdentityId, PoolId, PoolVault, Principal } from './ports.ts';
import { openAgain } from './rotation/open-again.ts';
import type { VerificationId } from './verification/ports.ts';

const KEPT_MS = 24 * 60 * 60 * 1000;

/** A write under an idempotency key. */
export interface Idempotency<Made> {
  /** 1 to 255 characters. */
  readonly key: string;
  /** Who shares the key's space: default those who use the same API key. `pool`: everybody in the pool. */
  readonly scope?: 'key' | 'pool';
  /** Parts the key's space by operation; one and the same for all, where a key may be used once for any of them. */
  readonly operation: string;
  /** The request in a canonical form: the same key with another one is refused. */
  readonly request: string;
  /** The reply to keep, made before the write so that both are one. */
  readonly render: (made: Made) => string;
}

export interface OpenIdempotency {
  readonly digest: Buffer;
  readonly requestDigest: Buffer;
  /** The first reply, when there was one. */
  readonly replay: string | null;
}

/**
 * Looks for the first reply to an idempotency key within its 24 hours.
 *
 * @throws IdempotencyMismatch The key came with another request.
 * @throws WrongState The record that the reply was about has been erased, and the reply with it.
 */
export function openIdempotency(
  deps: Pick<Deps, 'clock' | 'organisation'> & ReplyNeeds,
  principal: Principal,
  input: Pick<Idempotency<never>, 'key' | 'scope' | 'operation' | 'request'>,
): Promise<OpenIdempotency> {
  // The reply and the key that opens it are two reads; keys may be rotated between them.
  return openAgain(() => openOnce(deps, principal, input));
}

async function openOnce(
  deps: Pick<Deps, 'clock' | 'vault' | 'organisation' | 'identities'>,
  principal: Principal,
  input: Pick<Idempotency<never>, 'key' | 'scope' | 'operation' | 'request'>,
): Promise<OpenIdempotency> {
  const vault = await deps.vault.pool(principal.poolId);
  const owner = input.scope === 'pool' ? 'pool' : principal.keyId;
  const digest = vault.digest(`idempotency:${owner}:${input.operation}`, input.key);
  const requestDigest = vault.digest('idempotency-request', input.request);
  const found = await deps.organisation.findReply(principal.poolId, digest, deps.clock.now());
  if (found === null) return { digest, requestDigest, replay: null };
  if (!found.requestDigest.equals(requestDigest)) throw new IdempotencyMismatch();
  return { digest, requestDigest, replay: await openReply(deps, vault, found) };
}

/** Verifications only where a reply may be about one; elsewhere such a reply is never reached. */
export type ReplyNeeds = Pick<Deps, 'vault' | 'identities'> & Partial<Pick<Deps, 'verifications'>>;

async function openReply(
  deps: ReplyNeeds,
  vault: PoolVault,
  { sealedFor, reply }: IdempotentReply,
): Promise<string> {
  if (sealedFor === null) return vault.open('reply', reply).toString('utf8');
  const key = (await keyOfIdentity(deps, sealedFor)) ?? (await keyOfVerification(deps, sealedFor));
  if (key === null) throw new WrongState('What this request made has been erased.');
  return key.open('reply', reply).toString('utf8');
}

type SealedFor = NonNullable<IdempotentReply['sealedFor']>;

async function keyOfIdentity(deps: ReplyNeeds, { poolId, identityId }: SealedFor): Promise<DataKey | null> {
  const stored = await deps.identities.findIdentity(poolId, identityId as IdentityId);
  return stored === null ? null : openIdentity(await vaultFor(deps, stored), stored).key;
}

async function keyOfVerification(
  deps: ReplyNeeds,
  { poolId, identityId }: SealedFor,
): Promise<DataKey | null> {
  const stored = (await deps.verifications?.findVerification(poolId, identityId as VerificationId)) ?? null;
  if (stored === null || stored.wrappedKey === null) return null;
  return (await vaultFor(deps, stored)).openIdentityKey(stored.id, stored.wrappedKey);
}

/** The row to write beside what was made, its reply sealed under the key of whoever it is about. */
export function keepReply(input: {
  idempotency: OpenIdempotency;
  principal: Principal;
  reply: string;
  at: Date;
  /** An identity's or a verification's; else the pool's. */
  sealer: { poolId: PoolId; identityId: Uuid; key: DataKey } | PoolVault;
}): IdempotentReply {
  const { idempotency, principal, sealer, at } = input;
  const plaintext = Buffer.from(input.reply);
  const ofIdentity = 'identityId' in sealer;
  return {
    poolId: principal.poolId,
    digest: idempotency.digest,
    requestDigest: idempotency.requestDigest,
    sealedFor: ofIdentity ? { poolId: sealer.poolId, identityId: sealer.identityId } : null,
    reply: ofIdentity ? sealer.key.seal('reply', plaintext) : sealer.seal('reply', plaintext),
    expiresAt: new Date(at.getTime() + KEPT_MS),
  };
}
