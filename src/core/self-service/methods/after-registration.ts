import type { IamRecord } from '../../iam/record.ts';
import type { Changed } from '../../identities/revision.ts';
import type { RecordStores } from '../../record-stores.ts';
import { openWithin } from '../../records.ts';
import { selfServiceOf } from '../config.ts';
import type { Registered } from '../outcome.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { beginSession, type Method } from './begin-session.ts';
import { addressesToVerify, startVerifications } from './verification-start.ts';

/** Somebody who has just signed up. */
export interface Newcomer {
  readonly changed: Changed;
  readonly identity: IamRecord;
  readonly method: Method;
  readonly signsIn: boolean;
}

/** Something that is done after a registration, in its transaction; gives the outcome with what it adds. */
export type AfterRegistration = (
  tx: RecordStores,
  deps: FlowDeps,
  submission: Submission,
  after: { readonly newcomer: Newcomer; readonly registered: Registered },
) => Promise<Registered>;

/** In this order. */
export const AFTER_REGISTRATION: readonly AfterRegistration[] = [signInNewcomer, verifyNewcomer];

/** Contract iam 6.4: a verification of each address is begun, and its code sent. */
async function verifyNewcomer(
  tx: RecordStores,
  deps: FlowDeps,
  submission: Submission,
  { newcomer, registered }: { newcomer: Newcomer; registered: Registered },
): Promise<Registered> {
  const { identity } = newcomer;
  const begun = await startVerifications(tx, deps, {
    ...{ visit: submission, flow: submission.flow, identity: identity.stored },
    addresses: addressesToVerify(selfServiceOf(deps, identity.config), identity),
  });
  const [first] = begun;
  const leads = selfServiceOf(deps, identity.config).hooks.showVerification && first?.next === 'verification';
  return {
    ...registered,
    ...(leads ? { leadsTo: first.flow } : {}),
    continueWith: [...registered.continueWith, ...begun],
  };
}

async function signInNewcomer(
  tx: RecordStores,
  deps: FlowDeps,
  submission: Submission,
  { newcomer, registered }: { newcomer: Newcomer; registered: Registered },
): Promise<Registered> {
  if (!newcomer.signsIn) return registered;
  const { changed, method } = newcomer;
  const changing = openWithin(deps, changed.stored);
  const signedIn = await beginSession(tx, deps, submission, { changing, method });
  const { identity, token } = signedIn;
  const isNative = submission.flow.type === 'api';
  const continueWith = isNative ? [{ next: 'session_token' as const, token }] : [];
  return {
    ...registered,
    ...{ identity, signedIn, continueWith: [...registered.continueWith, ...continueWith] },
  };
}
