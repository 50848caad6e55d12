import type { Credentials } from '../credentials/credentials.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { DataKey, PoolVault } from '../ports.ts';
import type { IdentifierClaim, StoredIdentity } from './ports.ts';
import type { Profile, Seen } from './profile.ts';
import type { LifecycleStatus, Standing } from './standing.ts';
import type { OpenedIdentity } from './view.ts';

/** An open identity, ready to be changed. */
export interface Changing {
  readonly config: PoolConfig;
  readonly vault: PoolVault;
  readonly stored: StoredIdentity;
  readonly key: DataKey;
  readonly profile: Profile;
  readonly seen: Seen | null;
}

/** What a change makes of an identity; what is left out stays. */
export interface Revision {
  readonly action: string;
  readonly fields: readonly string[];
  /** Types of the events that tell of it; default one, named like the action. */
  readonly events?: readonly string[];
  readonly profile?: Profile;
  readonly seen?: { readonly value: Seen; readonly lastSeenAt: Date };
  readonly standing?: Standing;
  readonly schemaId?: string;
  /** All of them. */
  readonly credentials?: Credentials;
  /** `erased` destroys the data key with everything that is sealed under it (R8). */
  readonly status?: LifecycleStatus;
  /** Default `required`: a claim that another identity holds fails the change. `if-free`: it is left out (R3). */
  readonly claims?: 'required' | 'if-free';
  /** Called when another identity holds an identifier that the revision requires. */
  /**
   * What the store says that the identity holds, read no earlier than the record: its identifiers are made anew by the
   * schema of now, which may find other ones than the schema that they were made by. Those that it was not given at the
   * time are taken if they are free.
   */
  readonly held?: readonly IdentifierClaim[];
  readonly onTaken?: (taken: readonly IdentifierClaim[]) => Promise<void>;
}

/** What a change left behind, opened. */
export interface Changed extends OpenedIdentity {
  readonly config: PoolConfig;
  readonly vault: PoolVault;
}
