import { USER_HANDLE } from '../../credentials/credentials.ts';
import { type IamRecord, openIamRecord, toIamRecord } from '../../iam/record.ts';
import { claimOf } from '../../identities/claims.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { IdentityId } from '../../ports.ts';
import { changeWithin, openWithin, together } from '../../records.ts';
import { type Answer, readAnswer } from '../../webauthn/answer.ts';
import { findKey, type KeyType, markCloned, useKey } from '../../webauthn/keys.ts';
import type { AuthenticatorState } from '../../webauthn/ports.ts';
import { offerOf } from '../begin-flow.ts';
import { getFlow, requireUnfinished } from '../get-flow.ts';
import { type Attempt, checkAllowed, clearFailures, recordFailure } from '../lockout.ts';
import type { Outcome } from '../outcome.ts';
import { refuseWith } from '../show-again.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import type { Method } from './begin-session.ts';
import { ceremonyOf, partyOf } from './key-ceremony.ts';
import { type Judgement, signIn } from './sign-in.ts';

/** A key that somebody signs in with. */
export interface ShownKey {
  readonly person: IamRecord;
  /** The credential that has it: passkeys may be among `webauthn`, where they were made as security keys. */
  readonly type: KeyType;
  readonly id: string;
  readonly publicKey: string;
}

/** A way to sign in by a key. */
export interface KeyLogin {
  readonly method: Method & { readonly method: KeyType };
  readonly text: string;
  /** What failures are counted by, beside the address; null: nothing. */
  readonly countedBy: (answer: Answer) => string | null;
  readonly find: (answer: Answer) => Promise<ShownKey | null>;
  readonly needsVerification: boolean;
}

/**
 * Signs in by a key. What cannot be read, a key that nobody has or that is somebody else's, another challenge, page or
 * party, and a wrong signature look the same; all are counted.
 *
 * @throws LockedOut @throws FlowFinished @throws FlowReplaced
 */
export async function loginByKey(deps: FlowDeps, submission: Submission, login: KeyLogin): Promise<Outcome> {
  const { poolId, address, flow } = submission;
  const { method } = login;
  const { offered } = await offerOf(deps, submission);
  const answer = readAnswer(login.text);
  const identifier = answer === null ? null : login.countedBy(answer);
  const attempt: Attempt = { poolId, vault: flow.vault, identifier, address };
  const fail = async () => {
    await recordFailure(deps, offered.lockout, attempt);
    return refuseWith(deps, submission, [sayText(4000043)], method.method);
  };
  await checkAllowed(deps, offered.lockout, attempt);
  const proved = answer === null ? null : await prove(deps, submission, login, answer);
  if (proved === null) return fail();
  await clearFailures(deps, offered.lockout, attempt);
  const { shown, state } = proved;
  const identityId = shown.person.stored.id;
  const judge = (record: IamRecord) => judgeUse(record, shown, state);
  const outcome = await signIn(deps, submission, { identityId, method, judge });
  if (outcome.kind === 'signed_in') return outcome;
  if (outcome.why === 'blocked') return refuseWith(deps, submission, [sayText(4010011)], method.method);
  if (outcome.why === 'cloned') {
    // The same answer sent twice: the other one has moved the counter, and used the flow up.
    requireUnfinished(await getFlow(deps, flow));
    await noteClone(deps, submission, { identityId, shown });
  }
  return fail();
}

/** @returns Null where the key that is named is not there, or did not sign what the flow asked. */
async function prove(
  deps: FlowDeps,
  submission: Submission,
  { method, needsVerification, find }: KeyLogin,
  answer: Answer,
): Promise<{ readonly shown: ShownKey; readonly state: AuthenticatorState } | null> {
  const ceremony = ceremonyOf(submission.flow, method.method);
  const shown = await find(answer);
  if (ceremony === null || shown === null) return null;
  const { offered } = await offerOf(deps, submission);
  const state = await deps.webAuthn.verifyUse({
    ...{ response: answer.json, challenge: ceremony.challenge, needsVerification },
    ...{ party: partyOf(offered, submission), key: shown },
  });
  return state === null ? null : { shown, state };
}

function judgeUse(
  { credentials }: IamRecord,
  { type, id, publicKey }: ShownKey,
  state: AuthenticatorState,
): Judgement<'wrong' | 'cloned'> {
  const use = useKey(credentials, type, { id, publicKey, state });
  if (use.is !== 'good') return use;
  return { is: 'good', fields: [`credentials.${type}`], credentials: use.credentials };
}

/** Whoever an authenticator says that its key is of. Of two credentials, passkeys come first. */
export async function findByHandle(
  deps: Pick<FlowDeps, 'identities' | 'vault' | 'configs'>,
  { poolId, flow }: Submission,
  { keyId, userHandle }: Pick<Answer, 'keyId'> & { readonly userHandle: string },
): Promise<ShownKey | null> {
  const claim = claimOf(flow.vault, { space: USER_HANDLE, value: userHandle });
  const stored = await deps.identities.findByClaim(poolId, claim);
  if (stored === null || !isVisible(stored)) return null;
  return passkeyOf(await openIamRecord(deps, stored), keyId);
}

/** A key of a person that signs in by itself. */
export function passkeyOf(person: IamRecord, keyId: string): ShownKey | null {
  const passkey = shownKey(person, 'passkey', keyId);
  if (passkey !== null) return passkey;
  const isAlone = findKey(person.credentials, 'webauthn', keyId)?.isPasswordless ?? false;
  return isAlone ? shownKey(person, 'webauthn', keyId) : null;
}

export function shownKey(person: IamRecord, type: KeyType, id: string): ShownKey | null {
  const key = findKey(person.credentials, type, id);
  return key === null ? null : { person, type, id, publicKey: key.publicKey };
}

/** Tells whoever looks after the identity that there are two of a key. Once is enough. */
async function noteClone(
  deps: FlowDeps,
  { poolId, context }: Submission,
  { identityId, shown }: { readonly identityId: IdentityId; readonly shown: ShownKey },
): Promise<void> {
  const { type, id } = shown;
  if (findKey(shown.person.credentials, type, id)?.authenticator?.cloneWarning === true) return;
  await together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(poolId, identityId);
    if (stored === null || !isVisible(stored)) return;
    const changing = openWithin(deps, stored);
    const { credentials } = toIamRecord(changing, changing);
    await changeWithin(tx, deps, context, changing, {
      ...{ action: 'identity.updated', fields: [`credentials.${type}`] },
      credentials: markCloned(credentials, type, id),
    });
  });
}
