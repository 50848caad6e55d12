import type { Uuid } from '../../kit/ids.ts';
import type { IdentityId, PoolId } from '../ports.ts';

export type FlowId = Uuid & { readonly isFlow: true };

/** So long an expired flow is known as one: whoever comes back to it is told where to go on. */
export const EXPIRED_FLOW_KEPT_MS = 60 * 60 * 1000;

export const FLOW_KINDS = ['login', 'registration', 'settings', 'recovery', 'verification'] as const;
export type FlowKind = (typeof FLOW_KINDS)[number];
/** `api`: a native client, which holds tokens; `browser`: one with cookies. */
export type FlowType = 'api' | 'browser';
/** Settings go from `show_form` to `success`, all others along the first three. */
export type FlowState = 'choose_method' | 'sent_email' | 'passed_challenge' | 'show_form' | 'success';
/** Authenticator assurance level: one factor, or two. */
export type Aal = 'aal1' | 'aal2';

/** A flow as it is known without opening its box. */
export interface FlowRow {
  readonly poolId: PoolId;
  readonly id: FlowId;
  readonly kind: FlowKind;
  readonly type: FlowType;
  readonly state: FlowState;
  /** The method that was submitted last. */
  readonly active: string | null;
  readonly requestedAal: Aal;
  /** A session that is there already is to be confirmed. */
  readonly refresh: boolean;
  /** Whose it is, once that is known. */
  readonly identityId: IdentityId | null;
  readonly sessionId: Uuid | null;
  /** Of the cookie that its browser holds; null in `api` flows. */
  readonly csrfDigest: Buffer | null;
  /** The flow that took its place after it had expired. */
  readonly replacedBy: FlowId | null;
  /** Codes that were submitted, right and wrong. */
  readonly submitCount: number;
  readonly revision: number;
  readonly issuedAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date;
  /** When it was used up; null: it may still be submitted. */
  readonly finishedAt: Date | null;
}

/** With its box, the wrapped key that opens it, and the configuration version at that moment. */
export interface StoredFlow extends FlowRow {
  readonly box: Buffer;
  readonly wrappedKey: Buffer;
  readonly configVersion: number;
}

export type FlowInsert = Omit<
  StoredFlow,
  'replacedBy' | 'submitCount' | 'revision' | 'updatedAt' | 'finishedAt' | 'configVersion'
>;

/** How a flow began that is only stored now; see `stateless-flow.ts`. */
export type FlowBeginning = Pick<
  StoredFlow,
  'kind' | 'type' | 'requestedAal' | 'refresh' | 'issuedAt' | 'expiresAt' | 'wrappedKey'
>;

/** What a flow is after a change of the revision that was read. */
export interface FlowUpdate
  extends Pick<FlowRow, 'poolId' | 'id' | 'revision' | 'state' | 'active' | 'identityId' | 'sessionId'> {
  readonly csrfDigest: Buffer | null;
  readonly box: Buffer;
  readonly at: Date;
  /** Of a flow that is not stored so far, as this is its first change. */
  readonly beginning: FlowBeginning | null;
  /** Nothing can be done with it from now on. */
  readonly finishes: boolean;
}

/** Flows of a pool. Every method but those that say so stays inside the pool given. */
export interface FlowStore {
  /**
   * @param configVersion The pool's configuration that it was made by; default any.
   * @returns False where that is not the pool's (any more), or there is a flow of this id: nothing was written.
   */
  insertFlow(flow: FlowInsert, configVersion?: number | null): Promise<boolean>;
  /** None whose identity was erased. */
  findFlow(poolId: PoolId, id: FlowId): Promise<StoredFlow | null>;
  /**
   * One statement. Of several of one revision exactly one succeeds, of several first ones too; a finished or expired flow
   * is never changed.
   * @returns False when it did not: nothing was written.
   */
  updateFlow(update: FlowUpdate): Promise<boolean>;
  /** @returns False when `previous` is not what stands in its place (any more). */
  replaceFlow(poolId: PoolId, id: FlowId, to: { previous: FlowId | null; by: FlowId }): Promise<boolean>;
  /** For the end of an identity: what its flows and their codes hold goes with it. */
  removeFlowsOf(poolId: PoolId, identityId: IdentityId): Promise<void>;
}

/** What a code is for: it is of no use for anything else. */
export type CodePurpose = Exclude<FlowKind, 'settings'>;

export interface StoredCode {
  readonly poolId: PoolId;
  readonly flowId: FlowId;
  readonly purpose: CodePurpose;
  readonly addressDigest: Buffer;
  readonly codeDigest: Buffer;
  /** Whose address it is as it is sent; null: nobody's yet. */
  readonly identityId: IdentityId | null;
  readonly expiresAt: Date;
}

export interface CodeAttempt extends Pick<StoredCode, 'poolId' | 'flowId' | 'purpose' | 'codeDigest'> {
  readonly addressDigests: readonly Buffer[];
  readonly at: Date;
  /** Codes that a flow may be given, right and wrong, over its whole life. */
  readonly submissionsMax: number;
}

export interface CodeStore {
  /** The only one of its flow, purpose and address from now on: one that was sent before is dead. */
  putCode(code: StoredCode): Promise<void>;
  /**
   * One statement: counts the attempt, and uses the code up when it is the right one. Of any number at once one finds
   * it. Not within a transaction that may be undone: the attempt would not be counted.
   *
   * @returns `isCounted` is false where the flow takes no codes (any more); `used` is null where it was the wrong one.
   */
  useCode(attempt: CodeAttempt): Promise<{
    readonly isCounted: boolean;
    readonly used: { readonly addressDigest: Buffer; readonly identityId: IdentityId | null } | null;
  }>;
}

export type LockoutScope = 'identifier' | 'address';

export interface LockoutKey {
  readonly scope: LockoutScope;
  readonly digest: Buffer;
}

/** Failures counted from the first one on. */
export interface Failures extends Pick<LockoutKey, 'scope'> {
  readonly failures: number;
  readonly since: Date;
}

export interface FailureCount extends Failures, LockoutKey {}

/** Failed attempts; each method is one statement. */
export interface LockoutStore {
  listFailures(poolId: PoolId, keys: readonly LockoutKey[]): Promise<FailureCount[]>;
  /** One more of each. Counting begins anew where it began at `cutOff` or before. */
  addFailures(poolId: PoolId, keys: readonly LockoutKey[], at: Date, cutOff: Date): Promise<void>;
  /**
   * Writes only where there were some.
   * @returns False when there are that many: nothing was forgotten.
   */
  clearFailures(poolId: PoolId, clearing: LockoutClearing): Promise<boolean>;
}

/** Failures to forget, unless there are `max` of them since `cutOff`. */
export interface LockoutClearing {
  readonly key: LockoutKey;
  readonly max: number;
  readonly cutOff: Date;
}

/** One-time passwords by a counter. */
export interface CounterCodes {
  /** Six digits over HMAC-SHA-1. @see RFC 4226 section 5.3. */
  codeAt(secret: Uint8Array, counter: number): string;
}

/** Draws what the camera of a phone reads. */
export interface QrCodes {
  /** @param text At most 2000 ASCII characters. @returns A square PNG, with the light margin that readers want. */
  draw(text: string): { readonly png: Buffer; readonly sizePixels: number };
}
