import { openIamRecord } from '../../iam/record.ts';
import type { Answer } from '../../webauthn/answer.ts';
import type { Outcome } from '../outcome.ts';
import { refuse } from '../show-again.ts';
import { withNodeMessage } from '../ui/messages.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { findByHandle, loginByKey, passkeyOf, type ShownKey } from './login-key.ts';

const PASSKEY = { method: 'passkey', aal: 'aal1' } as const;

/**
 * Signs in by a passkey, which says whose it is and that its person was there.
 * @throws LockedOut
 * @see Contract iam 6.3, 6.4, "WebAuthn / passkey".
 */
export async function loginByPasskey(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const text = textOf(submission, 'passkey_login');
  if (text === undefined) {
    const missing = sayText(4000002, { property: 'passkey_login' });
    return refuse(deps, submission, (ui) => withNodeMessage(ui, 'passkey_login', missing), {
      active: 'passkey',
    });
  }
  return loginByKey(deps, submission, {
    ...{ method: PASSKEY, text, needsVerification: true },
    countedBy: ({ userHandle }) => (userHandle === null ? null : `user_handle:${userHandle}`),
    find: (answer) => findPasskey(deps, submission, answer),
  });
}

/** An authenticator that was told which keys there are need not say whose they are. @see WebAuthn 7.2. */
async function findPasskey(deps: FlowDeps, submission: Submission, answer: Answer): Promise<ShownKey | null> {
  const { visitor } = submission;
  const { keyId, userHandle } = answer;
  if (userHandle !== null) return findByHandle(deps, submission, { keyId, userHandle });
  return visitor === null ? null : passkeyOf(await openIamRecord(deps, visitor.identity.stored), keyId);
}
