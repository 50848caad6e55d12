import type { Config, Environment } from '../config/load.ts';
import type { Grant } from '../core/grants.ts';
import type { IamSettings, IamSettingsInput } from '../core/iam/configure.ts';
import type { IdentifySettings } from '../core/identify/configure.ts';
import type { SignedUser } from '../core/identify/signature.ts';
import type { KycProviderConfig } from '../core/kyc/config.ts';
import type { ProviderInput } from '../core/kyc/read-provider-settings.ts';
import type { OidcProviderConfig } from '../core/oidc/config.ts';
import type { OidcProviderInput } from '../core/oidc/read-provider-settings.ts';
import type { AccountId, ApiKey, IdentityId, KeyId, KeyInflection, KeyKind, PoolId } from '../core/ports.ts';
import type { SelfServiceConfig, SelfServiceSettings } from '../core/self-service/config.ts';
import type { SettingsInput } from '../core/verification/configure.ts';
import type { VerificationSettings } from '../core/verification/settings-ports.ts';

/** Takes one line of progress for the person at the terminal; never a secret. */
export type Progress = (line: string) => void;

/** Of an installation that is opened. */
export interface Opening {
  readonly log: Progress;
  /** What references in files of settings stand for, where it is going to serve; default nothing. */
  readonly environment?: Environment;
}

/** What commands need of `src/wiring.ts`. */
export interface Wiring {
  /**
   * Opens database and vault without listening, and without migrating.
   * @throws CoreError and others, with a message for the operator.
   */
  openInstallation(config: Config, options: Opening): Promise<Installation>;
  /** Migrates, makes what is missing (DESIGN 7.1) and serves. */
  startQuickstart(config: Config, options: Opening): Promise<Quickstart>;
}

export interface Installation {
  /** Names of the migrations that this call applied, in order. */
  migrate(): Promise<{ applied: readonly string[] }>;
  readonly keys: KeyAdministration;
  readonly accounts?: AccountAdministration;
  readonly identities: IdentityAdministration;
  readonly rotations: RotationAdministration;
  readonly verification: VerificationAdministration;
  readonly iam: IamAdministration;
  readonly webhooks: WebhookAdministration;
  readonly kyc: KycAdministration;
  readonly oidc: OidcAdministration;
  readonly identify: IdentifyAdministration;
  /** Database reachable and of version 15 or later, migrations, root key, clock against the database's. */
  doctor(): Promise<readonly Finding[]>;
  /** Serves. @throws when migrations are missing. */
  listen(): Promise<{ url: string }>;
  /** Reads data files and projects again (SIGHUP). @throws What cannot be used, which stays as it was. */
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
  /** Default `secret`. */
  readonly kind?: KeyKind;
  /** `YYYY-MM-DD`; default null: the current one. */
  readonly apiVersion?: string | null;
  /** Default `snake`. */
  readonly keyInflection?: KeyInflection;
  /** Default false. */
  readonly isSingleIdentity?: boolean;
  /** Default none. */
  readonly note?: string | null;
}

export interface KeyAdministration {
  /** @returns The key and, this once, its secret. @throws NotFound There is no such pool. */
  create(input: NewKey): Promise<{ key: ApiKey; secret: string }>;
  /**
   * The key of an identity of the pool: its sessions stand for it.
   * @throws NotFound No such pool or identity. @throws WrongState It has a key already.
   */
  createForIdentity(
    input: Omit<NewKey, 'kind'> & { readonly identityId: IdentityId },
  ): Promise<{ key: ApiKey }>;
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

/** How verification behaves in a pool; see the core's `VerificationSettings`. */
export interface VerificationAdministration {
  /** @throws NotFound There is no such pool. */
  show(poolId: PoolId): Promise<VerificationSettings>;
  /** What is absent stays. @returns All of them, as they are then. @throws NotFound @throws InvalidInput */
  configure(input: SettingsInput & { readonly poolId: PoolId }): Promise<VerificationSettings>;
}

/** How a pool keeps credentials; see the core's `configureIam`. */
export interface IamAdministration {
  /** @throws NotFound There is no such pool. */
  show(poolId: PoolId): Promise<IamSettings>;
  /** What is absent stays. @returns All of them, as they are then. @throws NotFound @throws InvalidInput */
  configure(input: IamSettingsInput & { readonly poolId: PoolId }): Promise<IamSettings>;
  /** What a pool says of self-service itself, and what it offers by that. @throws NotFound */
  showSelfService(
    poolId: PoolId,
  ): Promise<{ readonly own: SelfServiceSettings; readonly offered: SelfServiceConfig }>;
}

/** Who decides on persons and companies of a pool; see the core's `setProvider`. */
export interface KycAdministration {
  /** In order of their names; the built-in one is always among them. @throws NotFound There is no such pool. */
  list(poolId: PoolId): Promise<readonly KycProviderConfig[]>;
  /**
   * What is absent stays.
   * @returns With the secret of a new provider outside, or a renewed one: this once.
   * @throws NotFound @throws InvalidInput Every problem at once. @throws WrongState
   */
  set(
    input: ProviderInput & { readonly poolId: PoolId; readonly renewsSecret?: boolean },
  ): Promise<{ readonly provider: KycProviderConfig; readonly secret: string | null }>;
  /** @throws NotFound @throws WrongState */
  remove(input: { readonly poolId: PoolId; readonly slug: string }): Promise<void>;
}

/** Providers that people of a pool may sign in at; see the core's `setOidcProvider`. */
export interface OidcAdministration {
  /** In order of their ids; never with a secret. @throws NotFound There is no such pool. */
  list(poolId: PoolId): Promise<readonly OidcProviderConfig[]>;
  /** What is absent stays. @throws NotFound @throws InvalidInput Every problem at once. @throws WrongState */
  set(input: OidcProviderInput & { readonly poolId: PoolId }): Promise<OidcProviderConfig>;
  /** @throws NotFound */
  remove(input: { readonly poolId: PoolId; readonly id: string }): Promise<void>;
}

/** What a pool is as a project of the identify surface; see the core's `configureIdentify`. */
export interface IdentifyAdministration {
  /** Never with a secret. @throws NotFound There is no such pool. */
  show(poolId: PoolId): Promise<IdentifySettings>;
  /** What is absent stays. @returns All of them, as they are then. @throws NotFound @throws InvalidInput */
  configure(input: { readonly poolId: PoolId; readonly settings: unknown }): Promise<IdentifySettings>;
  /** @returns The new secret: this once. @throws NotFound */
  rotateSecret(poolId: PoolId): Promise<string>;
  /** @throws NotFound */
  verifySignature(poolId: PoolId, triple: SignedUser): Promise<boolean>;
}

export interface WebhookAdministration {
  /**
   * @returns Its id (`whe_…`) and, this once, its secret.
   * @throws NotFound There is no such pool. @throws InvalidInput Every problem at once.
   */
  add(input: {
    readonly poolId: PoolId;
    readonly url: string;
    /** Null: the current one. */
    readonly apiVersion: string | null;
    readonly enabledEvents?: readonly string[];
    readonly dialect?: string;
    readonly keyInflection?: KeyInflection;
    readonly label?: string;
  }): Promise<{ id: string; secret: string }>;
  list(poolId: PoolId): Promise<
    readonly {
      readonly id: string;
      readonly url: string;
      readonly dialect: string;
      readonly enabledEvents: readonly string[] | null;
      readonly isActive: boolean;
      readonly label: string | null;
    }[]
  >;
}

export interface RotationProgress {
  readonly poolId: PoolId;
  readonly done: number;
  readonly total: number;
}

export interface RotationSummary {
  /** One that was interrupted was finished; no new one was begun. */
  readonly resumed: boolean;
  readonly pools: readonly (RotationProgress & {
    /** Records that do not open and stayed as they were. */
    readonly failed: number;
    readonly resumed: boolean;
  })[];
}

/** Each may be interrupted at any point, and finishes what was when it is asked for again. @throws CoreError */
export interface RotationAdministration {
  /** A new key of one pool, or of all; or a new data key for each of its identities. @throws NotFound */
  rotate(input: {
    kind: 'pool' | 'data';
    poolId: PoolId | null;
    onProgress?: (progress: RotationProgress) => void;
  }): Promise<RotationSummary>;
  /**
   * A new root key where it is kept in a file, and every pool key under it. Where it is kept elsewhere: every pool key
   * under the one that is current there. With `prune` no new key is made, and the file loses those that are not needed.
   */
  rotateRoot(input: {
    prune: boolean;
    onProgress?: (progress: RotationProgress) => void;
  }): Promise<RotationSummary & { readonly rootKeyId: string; readonly removed: readonly string[] }>;
  /** Puts the key that `rotateRoot` will make current into the file, where it opens already. @returns Its id. */
  stageRoot(): Promise<string>;
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
