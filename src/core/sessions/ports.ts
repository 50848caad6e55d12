import type { Uuid } from '../../kit/ids.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { OffsetPage, Stamp } from '../pools/ports.ts';
import type { IdentityId, PoolId } from '../ports.ts';

/** Of a login session; sessions of the verification surface are verifications. */
export type SessionId = Uuid & { readonly isLoginSession: true };

/** Authenticator assurance level. `aal0`: nobody has shown anything. */
export type AssuranceLevel = 'aal0' | 'aal1' | 'aal2';

/** A session's row, sealed. */
export interface StoredSession {
  readonly poolId: PoolId;
  /** Rises with the time of issue, so that the newest first is the order of ids. */
  readonly id: SessionId;
  readonly identityId: IdentityId;
  readonly aal: AssuranceLevel;
  readonly issuedAt: Date;
  /** When its person last showed something. */
  readonly authenticatedAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  /** See `content.ts`; under the identity's data key. */
  readonly box: Buffer;
}

/** What of an identity decides on its sessions, and opens them. */
export type SessionOwner = Pick<
  StoredIdentity,
  'poolId' | 'id' | 'status' | 'standing' | 'wrappedKey' | 'configVersion'
>;

/** A session with its identity, as both were at the same moment. */
export interface OwnedSession<Owner extends SessionOwner = SessionOwner> {
  readonly session: StoredSession;
  readonly owner: Owner;
}

/** The audit entries of a write: one an identity, which is also their subject. */
export interface SessionMark {
  readonly stamp: Stamp;
  readonly action: string;
  readonly fields: readonly string[];
}

export interface SessionInsert extends SessionMark {
  readonly session: StoredSession;
  readonly tokenDigest: Buffer;
  readonly logoutDigest: Buffer;
  /** The one whose data key sealed the box. */
  readonly wrappedKey: Buffer;
  /** Of the identity, as it was judged. */
  readonly ownerVersion: number;
}

export interface SessionContentChange extends SessionMark {
  /** As it will be. */
  readonly session: StoredSession;
  /** The box that the change was computed from. */
  readonly from: Buffer;
  readonly wrappedKey: Buffer;
}

export interface SessionExtension extends SessionMark {
  readonly id: SessionId;
  readonly expiresAt: Date;
  /** Only a session that ends before this moment is extended. */
  readonly ifExpiresBefore: Date;
}

export type SessionSelection =
  | { readonly kind: 'all' }
  /** `identityId`: only those of this identity; null: whoever's they are. */
  | {
      readonly kind: 'sessions';
      readonly ids: readonly SessionId[];
      readonly identityId: IdentityId | null;
    }
  /** `except` stays. */
  | {
      readonly kind: 'identities';
      readonly ids: readonly IdentityId[];
      readonly except: SessionId | null;
    };

export interface SessionEnding extends SessionMark {
  readonly which: SessionSelection;
  /** `disable` marks those that are not marked yet; `delete` removes rows, whatever their state. */
  readonly how: 'disable' | 'delete';
  /** At most so many, the oldest first. */
  readonly limit: number;
  /** Ids of audit entries: as many as there may be identities among them. */
  readonly auditIds: readonly string[];
}

/** Login sessions of pools. Every method stays inside the pool given. */
export interface SessionStore {
  /**
   * One statement: row and audit entry, or nothing.
   * @returns False when the identity is not as it was judged, or its data key not the one that sealed the box, any more.
   */
  insertSession(insert: SessionInsert): Promise<boolean>;
  /**
   * Methods, level, `authenticatedAt` and box of a session that is neither revoked nor over. One statement.
   * @returns False when box or data key is another one by now, or the session has ended.
   */
  changeContent(change: SessionContentChange): Promise<boolean>;
  /** One statement, which never makes a session shorter. @returns False when there was nothing to extend. */
  extendSession(poolId: PoolId, extension: SessionExtension): Promise<boolean>;
  /**
   * One statement; who comes at the same time waits, and finds them ended.
   * @returns How many it ended, and whether there are more.
   */
  endSessions(poolId: PoolId, ending: SessionEnding): Promise<{ count: number; more: boolean }>;

  /** One round trip, also for many at once. Not for use within a transaction. */
  findByToken(poolId: PoolId, digest: Buffer): Promise<OwnedSession<StoredIdentity> | null>;
  findByLogoutToken(poolId: PoolId, digest: Buffer): Promise<OwnedSession<StoredIdentity> | null>;
  findSession(poolId: PoolId, id: SessionId): Promise<OwnedSession<StoredIdentity> | null>;
  /** Newest first. `isActive` null: all. */
  listOfIdentity(
    poolId: PoolId,
    query: {
      readonly identityId: IdentityId;
      readonly isActive: boolean | null;
      readonly except: SessionId | null;
      readonly now: Date;
      readonly offset: number;
      readonly limit: number;
    },
  ): Promise<OffsetPage<OwnedSession>>;
  /** Newest first. `isActive` null: all. */
  listSessions(
    poolId: PoolId,
    query: {
      readonly isActive: boolean | null;
      readonly now: Date;
      readonly before: SessionId | null;
      readonly limit: number;
    },
  ): Promise<OwnedSession[]>;
}
