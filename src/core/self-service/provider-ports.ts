import type { PoolId } from '../ports.ts';
import type { FlowId } from './ports.ts';

/** Somebody who was sent to a provider out of a flow. */
export interface Departure {
  readonly poolId: PoolId;
  readonly flowId: FlowId;
  readonly stateDigest: Buffer;
  /** Under the flow's key. */
  readonly box: Buffer;
  readonly expiresAt: Date;
}

export interface DepartureStore {
  /** The only one of its flow from now on: a state that was given out before is dead. */
  putDeparture(departure: Departure): Promise<void>;
  /** Whose it is; says nothing of whether it is still good. */
  findDeparture(poolId: PoolId, stateDigest: Buffer): Promise<FlowId | null>;
  /** Uses it up, by one statement: of any number at once one gets it. Null: it is not there any more, or too late. */
  takeDeparture(poolId: PoolId, stateDigest: Buffer, at: Date): Promise<Buffer | null>;
}

/** Sessions that native clients fetch once a browser has been through their flow. */
export interface ExchangeStore {
  insertExchange(exchange: {
    readonly poolId: PoolId;
    readonly flowId: FlowId;
    readonly initDigest: Buffer;
    readonly expiresAt: Date;
  }): Promise<void>;
  /** Notes what a flow ended in. @returns False when nobody waits for it. */
  finishExchange(end: {
    readonly poolId: PoolId;
    readonly flowId: FlowId;
    readonly returnDigest: Buffer;
    readonly box: Buffer;
    readonly at: Date;
    readonly expiresAt: Date;
  }): Promise<boolean>;
  /** Uses both codes up, by one statement: of any number at once one gets it. */
  takeExchange(
    poolId: PoolId,
    codes: { readonly initDigest: Buffer; readonly returnDigest: Buffer },
    at: Date,
  ): Promise<{ readonly flowId: FlowId; readonly box: Buffer } | null>;
  /** Whether a client waits by this code, whose flow is not done. */
  isWaiting(poolId: PoolId, initDigest: Buffer, at: Date): Promise<boolean>;
}
