import type { Deps } from './deps.ts';
import { InvalidInput, WrongState } from './errors.ts';
import { openIdentity } from './identities/view.ts';
import type { IdempotentReply } from './pools/ports.ts';
import type { DataKey, IdentityId, PoolId, PoolVault, Principal } from './ports.ts';

const KEPT_MS = 24 * 60 * 60 * 1000;

/** A create under an idempotency key. */
export interface Idempotency<Made> {
  /** 1 to 64 characters; its scope is the API key and the operation. */
  readonly key: string;
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
 * @throws InvalidInput At `idempotency_key`: the key came with another request.
 * @throws WrongState The record that the reply was about has been erased, and the reply with it.
 */
export async function openIdempotency(
  deps: Pick<Deps, 'clock' | 'vault' | 'organisation' | 'identities'>,
  principal: Principal,
  input: Pick<Idempotency<never>, 'key' | 'operation' | 'request'>,
): Promise<OpenIdempotency> {
  const vault = await deps.vault.pool(principal.poolId);
  const digest = vault.digest(`idempotency:${principal.keyId}:${input.operation}`, input.key);
  const requestDigest = vault.digest('idempotency-request', input.request);
  const found = await deps.organisation.findReply(principal.poolId, digest, deps.clock.now());
  if (found === null) return { digest, requestDigest, replay: null };
  if (!found.requestDigest.equals(requestDigest)) {
    const message = 'This idempotency key was used with another request.';
    throw new InvalidInput([{ path: ['idempotency_key'], code: 'invalid', message }]);
  }
  return { digest, requestDigest, replay: await openReply(deps, vault, found) };
}

async function openReply(
  deps: Pick<Deps, 'vault' | 'identities'>,
  vault: PoolVault,
  { sealedFor, reply }: IdempotentReply,
): Promise<string> {
  if (sealedFor === null) return vault.open('reply', reply).toString('utf8');
  const stored = await deps.identities.findIdentity(sealedFor.poolId, sealedFor.identityId as IdentityId);
  const key = stored === null ? null : openIdentity(await deps.vault.pool(sealedFor.poolId), stored).key;
  if (key === null) throw new WrongState('The identity that this request made has been erased.');
  return key.open('reply', reply).toString('utf8');
}

/** The row to write beside what was made, its reply sealed under the key of whoever it is about. */
export function keepReply(input: {
  idempotency: OpenIdempotency;
  principal: Principal;
  reply: string;
  at: Date;
  sealer: { poolId: PoolId; identityId: IdentityId; key: DataKey } | PoolVault;
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
