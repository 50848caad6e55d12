import type { IdentifierClaim, IdentityChange, StoredIdentity } from '../identities/ports.ts';
import type { PoolId } from '../ports.ts';
import type { SessionInsert } from '../sessions/ports.ts';
import type { Failures, FlowUpdate, LockoutClearing, LockoutKey } from './ports.ts';

/** All that a login writes: the flow is used up, the record notes it, a session begins, failures are forgotten. */
export interface LoginWrite {
  readonly flow: FlowUpdate;
  /** Of nothing that finds the identity, nor of totals. */
  readonly change: IdentityChange;
  readonly session: SessionInsert;
  readonly clearing: LockoutClearing | null;
}

export interface LoginStore {
  /** Whose a claim is, with the failures of these keys and the version of the pool's configuration: one statement. */
  findClaimant(
    poolId: PoolId,
    claim: IdentifierClaim,
    keys: readonly LockoutKey[],
  ): Promise<{
    readonly stored: StoredIdentity | null;
    readonly failures: readonly Failures[];
    readonly configVersion: number;
  }>;
  /**
   * All of it or none, as one statement.
   * @returns `stale`: flow, identity, its key or the pool's configuration is not as it was read. `locked`: there are too
   *   many failures. `unfit`: the change is of more than this writes.
   */
  writeLogin(login: LoginWrite): Promise<'done' | 'stale' | 'locked' | 'unfit'>;
}
