import type { IdentityId, PoolId } from '../ports.ts';
import type { SessionId } from '../sessions/ports.ts';

/** Keyed and plain hashes of texts, in UTF-8. */
export interface Macs {
  /** RFC 2104. */
  hmac(algorithm: 'sha1' | 'sha256', key: string, text: string): Buffer;
  sha1(text: string): Buffer;
}

/** The key that external ids follow from: one an installation, since such an id spans projects (contract identify 3.2). */
export interface ExternalIdKey {
  /** @param poolId Whose vault seals a key that has to be made. */
  get(poolId: PoolId): Promise<string>;
}

/** Where the key is kept that was made by the installation itself. */
export interface ExternalIdKeyStore {
  find(): Promise<{ readonly poolId: PoolId; readonly sealed: Buffer } | null>;
  /** Of several at once the first stays. */
  insert(key: { readonly poolId: PoolId; readonly sealed: Buffer }): Promise<void>;
}

/** Requests without a credential, counted by network over all processes. */
export interface AddressThrottle {
  /** @throws RateLimited */
  take(input: {
    readonly poolId: PoolId;
    /** What finds the network again; no address. */
    readonly digest: Buffer;
    readonly perMinute: number;
  }): Promise<void>;
}

/** The refresh tokens of a login, by digests. Each method is one statement. */
export interface FamilyStore {
  insertFamily(
    poolId: PoolId,
    family: { readonly sessionId: SessionId; readonly refreshDigest: Buffer },
  ): Promise<void>;
  /**
   * Puts `next` in the place of the token that was presented, if that is the one that works; or, for the device that had
   * it replaced after `graceSince`, the one before.
   * @returns False: it is neither, and somebody else may have it.
   */
  rotate(
    poolId: PoolId,
    rotation: {
      readonly sessionId: SessionId;
      readonly presented: Buffer;
      readonly next: Buffer;
      /** Of the device that asks; null: it named none, and has no grace. */
      readonly device: Buffer | null;
      readonly at: Date;
      readonly graceSince: Date;
    },
  ): Promise<boolean>;
}

export type CodeUse =
  | { readonly outcome: 'used'; readonly identityId: IdentityId | null }
  /** `expired`: the right one, too late or for a second time. */
  | { readonly outcome: 'wrong' | 'expired' | 'too_many' };

/** Codes for a new password, one an address. Each method is one statement. */
export interface ResetCodeStore {
  /** In the place of one that was sent before, with tries of its own. */
  putCode(
    poolId: PoolId,
    code: {
      readonly addressDigest: Buffer;
      readonly codeDigest: Buffer;
      readonly identityId: IdentityId | null;
      readonly expiresAt: Date;
    },
  ): Promise<void>;
  /** Counts the try, and uses the code up if it is right. Not within a transaction that may be undone. */
  useCode(
    poolId: PoolId,
    attempt: {
      readonly addressDigest: Buffer;
      readonly codeDigest: Buffer;
      readonly at: Date;
      readonly triesMax: number;
    },
  ): Promise<CodeUse>;
}

/** A refresh token that a provider outside gave, to be kept. */
export interface RefreshInsert {
  readonly digest: Buffer;
  /** Of the one in whose place the provider put it, which loses its box; null: none. */
  readonly replaced: Buffer | null;
  readonly identityId: IdentityId;
  /** The token, under the identity's data key. */
  readonly box: Buffer;
  /** The one whose data key sealed the box. */
  readonly wrappedKey: Buffer;
  readonly expiresAt: Date;
}

/** A kept refresh token, with what opens it as of the same moment. */
export interface SealedRefresh {
  readonly digest: Buffer;
  readonly box: Buffer;
  readonly wrappedKey: Buffer;
  readonly configVersion: number;
}

/** What is refused of the tokens of providers outside, by digests; and refresh tokens, sealed, to have them revoked. */
export interface OutsideTokenStore {
  /** Refused until then. */
  denyToken(poolId: PoolId, token: { readonly digest: Buffer; readonly expiresAt: Date }): Promise<void>;
  isDenied(poolId: PoolId, digest: Buffer): Promise<boolean>;
  /**
   * One that is kept already is its present user's from then on; one that was revoked stays that, without a box.
   * @returns False: the identity has another data key than the one that sealed the box, or none; nothing is done.
   */
  keepRefresh(poolId: PoolId, token: RefreshInsert): Promise<boolean>;
  /** Null: none of those that were given out here. */
  findRefresh(
    poolId: PoolId,
    digest: Buffer,
  ): Promise<{ readonly identityId: IdentityId; readonly isRevoked: boolean } | null>;
  /** Of those that have a box and are neither revoked nor over: the ones that were kept last, newest first. */
  listRefresh(
    poolId: PoolId,
    identityId: IdentityId,
    query: { readonly now: Date; readonly limit: number },
  ): Promise<SealedRefresh[]>;
  /** Their boxes go with it. */
  revokeRefreshOf(poolId: PoolId, identityId: IdentityId, at: Date): Promise<void>;
}
