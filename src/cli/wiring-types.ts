import type { Config } from '../config/load.ts';
import type { Grant } from '../core/grants.ts';
import type { AccountId, ApiKey, KeyId, PoolId } from '../core/ports.ts';

/** Takes one line of progress for the person at the terminal; never a secret. */
export type Progress = (line: string) => void;

/** What commands need of `src/wiring.ts`. */
export interface Wiring {
  /**
   * Opens database and vault without listening, and without migrating.
   * @throws CoreError and others, with a message for the operator.
   */
  openInstallation(config: Config, options: { log: Progress }): Promise<Installation>;
  /** Migrates, makes what is missing (DESIGN 7.1) and serves. */
  startQuickstart(config: Config, options: { log: Progress }): Promise<Quickstart>;
}

export interface Installation {
  /** Names of the migrations that this call applied, in order. */
  migrate(): Promise<{ applied: readonly string[] }>;
  readonly keys: KeyAdministration;
  readonly accounts?: AccountAdministration;
  readonly identities: IdentityAdministration;
  /** Database reachable and of version 15 or later, migrations, root key, clock against the database's. */
  doctor(): Promise<readonly Finding[]>;
  /** Serves. @throws when migrations are missing. */
  listen(): Promise<{ url: string }>;
  /** Reads data files again (SIGHUP); what cannot be read stays as it was. */
  reload?(): Promise<void>;
  /** Stops taking requests, lets open ones finish within `server.drainSeconds`, and gives everything back. */
  close(): Promise<void>;
}

export interface Quickstart {
  readonly url: string;
  readonly quickstartFile: string;
  /** Addresses and copy-paste lines, printed as they are. */
  readonly lines: readonly string[];
  reload?(): Promise<void>;
  /** As `Installation.close`. */
  close(): Promise<void>;
}

export interface NewKey {
  readonly poolId: PoolId;
  readonly label: string;
  readonly grants: readonly Grant[];
  readonly requestsPerMinute: number;
  /** Normalised CIDR ranges; null: any address. */
  readonly allowedAddresses: readonly string[] | null;
  readonly expiresAt: Date | null;
}

export interface KeyAdministration {
  /** @returns The key and, this once, its secret. @throws NotFound There is no such pool. */
  create(input: NewKey): Promise<{ key: ApiKey; secret: string }>;
  list(): Promise<readonly (ApiKey & { lastUsedAt: Date | null })[]>;
  /** @returns False when there is no such key; so the two below. */
  revoke(id: KeyId): Promise<boolean>;
  suspend(id: KeyId): Promise<boolean>;
  resume(id: KeyId): Promise<boolean>;
}

export interface IdentityAdministration {
  /** Removes identities closed before a moment, of one pool or of all. @returns How many. */
  purge(input: {
    poolId: PoolId | null;
    closedBefore: Date;
    onProgress?: (removed: number) => void;
  }): Promise<number>;
}

/** Ids as UUID and in the 32 characters of the pools surface. */
export interface CreatedAccount {
  readonly accountId: AccountId;
  readonly accountRef: string;
  readonly live: { readonly poolId: PoolId; readonly poolRef: string };
  readonly sandbox: { readonly poolId: PoolId; readonly poolRef: string };
  /** Of a key to the live pool. */
  readonly secret: string;
}

export interface AccountAdministration {
  /** An account with its first domain, a live and a sandbox pool, and a key to the live one with every grant. */
  create(input: { title: string }): Promise<CreatedAccount>;
}

/** One line of `doctor`. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}
