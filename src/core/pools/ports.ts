import type { IamConfig } from '../iam/config.ts';
import type { PoolIdentifyConfig } from '../identify/config.ts';
import type { KycConfig } from '../kyc/config.ts';
import type { OidcConfig } from '../oidc/config.ts';
import type { AccountId, DomainId, Environment, PoolId, RulesetId, StoredPoolKey } from '../ports.ts';
import type { TraitSchema } from '../traits/trait-schema.ts';
import type { VerificationConfig } from '../verification/config.ts';
import type { FactorDefinition, FactorUse } from './ruleset.ts';

export type Status = 'extant' | 'deleted';

export interface Account {
  readonly id: AccountId;
  readonly partition: number;
  readonly title: string;
  readonly status: Status;
}

export interface Domain {
  readonly id: DomainId;
  readonly accountId: AccountId;
  readonly title: string;
  readonly status: Status;
}

export interface Ruleset {
  readonly id: RulesetId;
  readonly accountId: AccountId;
  readonly domainId: DomainId;
  readonly title: string;
  readonly status: Status;
  readonly factors: readonly FactorDefinition[];
  /** Stored opaquely (contract pools 3.2). */
  readonly methods: readonly unknown[];
  readonly plans: readonly unknown[];
}

export interface Pool {
  readonly id: PoolId;
  readonly accountId: AccountId;
  readonly domainId: DomainId;
  readonly rulesetId: RulesetId;
  readonly title: string;
  readonly status: Status;
  readonly environment: Environment;
}

/**
 * Everything that decides how identities of one pool behave, as of one `version`. Immutable: any change of the
 * pool, its ruleset, schemas, domain or account makes another version, so it may be kept in memory.
 */
export interface PoolConfig {
  readonly poolId: PoolId;
  readonly accountId: AccountId;
  readonly domainId: DomainId;
  readonly rulesetId: RulesetId;
  readonly partition: number;
  readonly environment: Environment;
  /** False once the pool, its domain or its account is deleted. */
  readonly isOpen: boolean;
  readonly factors: readonly FactorDefinition[];
  /** By their ids. */
  readonly schemas: ReadonlyMap<string, TraitSchema>;
  readonly defaultSchemaId: string;
  readonly verification: VerificationConfig;
  readonly kyc: KycConfig;
  readonly iam: IamConfig;
  readonly oidc: OidcConfig;
  readonly identify: PoolIdentifyConfig;
  readonly version: number;
}

export interface PoolConfigStore {
  findPoolConfig(poolId: PoolId): Promise<PoolConfig | null>;
  /** Whether this is the version of the pool's configuration. */
  isConfigVersion(poolId: PoolId, version: number): Promise<boolean>;
}

/** Which rows a caller reaches: the whole account, or the one pool of its key and what lies above it. */
export interface Reach {
  readonly accountId: AccountId;
  readonly poolId: PoolId;
  readonly environment: Environment;
  readonly wholeAccount: boolean;
}

export type OrganisationSort = 'id' | 'status' | 'title';

export interface OffsetQuery<Sort extends string> {
  readonly offset: number;
  /** 1 to 100. */
  readonly limit: number;
  readonly sort: Sort;
  readonly direction: 'asc' | 'desc';
}

export interface OffsetPage<Item> {
  readonly items: readonly Item[];
  readonly total: number;
}

export interface AuditEvent {
  /** Like `identity.created`. The outbox event has the same name. */
  readonly action: string;
  readonly subjectId: string;
  /** Names of changed fields, never values. */
  readonly fields: readonly string[];
}

/** Who changed something and when; goes with the change in its transaction (R7). */
export interface Stamp {
  readonly at: Date;
  readonly auditId: string;
  readonly eventId: string;
  readonly keyId: string | null;
  readonly requestId: string | null;
  /** The pool that audit and outbox are kept under. */
  readonly poolId: PoolId;
  /** Sealed under the pool's key: address, method and path of the request. Null for the installation's own acts. */
  readonly origin: Buffer | null;
}

/** A stamp that may say nothing of where the request came from. */
export type Unplaced = Omit<Stamp, 'origin'> & { readonly origin?: Buffer | null };

export interface IdempotentReply {
  readonly poolId: PoolId;
  readonly digest: Buffer;
  readonly requestDigest: Buffer;
  /** Whose data key seals the reply; null: the pool's. */
  readonly sealedFor: { readonly poolId: PoolId; readonly identityId: string } | null;
  readonly reply: Buffer;
  readonly expiresAt: Date;
}

/** Accounts, domains, rulesets and pools: few, rarely written. Every method stays inside the account given. */
export interface OrganisationStore {
  transaction<T>(work: (tx: OrganisationStore) => Promise<T>): Promise<T>;

  findAccount(id: AccountId): Promise<Account | null>;
  findDomain(accountId: AccountId, id: DomainId): Promise<Domain | null>;
  findRuleset(accountId: AccountId, id: RulesetId): Promise<Ruleset | null>;
  findPool(accountId: AccountId, id: PoolId): Promise<Pool | null>;
  listDomains(reach: Reach, query: OffsetQuery<OrganisationSort>): Promise<OffsetPage<Domain>>;
  listRulesets(
    reach: Reach,
    domainId: DomainId,
    query: OffsetQuery<OrganisationSort>,
  ): Promise<OffsetPage<Ruleset>>;
  listPools(
    reach: Reach,
    domainId: DomainId,
    query: OffsetQuery<OrganisationSort>,
  ): Promise<OffsetPage<Pool>>;
  /** Pools of the account and environment, at most `limit`, for look-ups that no single pool can answer. */
  listPoolIds(accountId: AccountId, environment: Environment, limit: number): Promise<PoolId[]>;

  insertAccount(account: Account, at: Date): Promise<boolean>;
  insertDomain(domain: Domain, at: Date): Promise<void>;
  insertRuleset(ruleset: Ruleset, at: Date): Promise<void>;
  insertPool(
    pool: Pool,
    keys: readonly StoredPoolKey[],
    schema: { id: string; schema: unknown },
    at: Date,
  ): Promise<void>;
  updateDomain(id: DomainId, change: { title?: string; status?: Status }): Promise<void>;
  updateRuleset(
    id: RulesetId,
    change: {
      title?: string;
      status?: Status;
      factors?: readonly FactorDefinition[];
      methods?: readonly unknown[];
      plans?: readonly unknown[];
    },
  ): Promise<void>;
  updatePool(id: PoolId, change: { title?: string; status?: Status; rulesetId?: RulesetId }): Promise<void>;

  /** Locks a row against other changes of it until the transaction ends; false when it is gone. */
  lock(table: 'domains' | 'rulesets' | 'pools', id: string): Promise<boolean>;
  poolsOfRuleset(id: RulesetId): Promise<Pool[]>;
  poolsOfDomain(id: DomainId): Promise<Pool[]>;
  /** Waits for writers that rely on the present configuration, keeps new ones out, and makes another version. */
  raiseConfigVersion(poolId: PoolId): Promise<void>;
  factorUse(poolId: PoolId): Promise<FactorUse>;
  record(stamp: Unplaced, event: AuditEvent): Promise<void>;

  /** @returns False when the digest is taken already. */
  insertReply(reply: IdempotentReply, now: Date): Promise<boolean>;
  findReply(poolId: PoolId, digest: Buffer, now: Date): Promise<IdempotentReply | null>;
}
