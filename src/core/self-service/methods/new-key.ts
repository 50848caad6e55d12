import type { PublicKey } from '../../credentials/credentials.ts';
import { readAnswer } from '../../webauthn/answer.ts';
import { type KeyType, toPublicKey } from '../../webauthn/keys.ts';
import { modelName } from '../../webauthn/models.ts';
import type { SelfServiceConfig } from '../config.ts';
import { sayText, type UiText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { ceremonyOf, partyOf } from './key-ceremony.ts';

/** A key that an authenticator has just made, and what it made it for. */
export interface MadeKey {
  readonly key: PublicKey;
  /** Standard base64. */
  readonly userHandle: string;
  /** Whoever uses it up finds it in the flow still. */
  readonly challenge: string;
}

const NAME_LENGTH_MAX = 128;

/**
 * Checks that an authenticator made a key for this flow.
 * @param text As sent. @returns Null where it did not: what is wrong with it makes no difference.
 */
export async function readNewKey(
  deps: Pick<FlowDeps, 'webAuthn' | 'clock'>,
  submission: Submission,
  { type, text, offered }: { type: KeyType; text: string; offered: SelfServiceConfig },
): Promise<MadeKey | null> {
  const answer = readAnswer(text);
  const ceremony = ceremonyOf(submission.flow, type);
  if (answer === null || ceremony?.userHandle === undefined) return null;
  const { challenge, userHandle } = ceremony;
  const made = await deps.webAuthn.verifyNewKey({
    ...{ response: answer.json, challenge, party: partyOf(offered, submission) },
    needsVerification: type === 'passkey',
  });
  if (made === null) return null;
  const key = toPublicKey(made, {
    displayName: nameOf(submission, type) ?? modelName(made.aaguid) ?? PLAIN_NAMES[type],
    addedAt: deps.clock.now(),
    isPasswordless: type === 'passkey' || offered.methods.webauthn.passwordless,
    transports: answer.json.transports,
  });
  return { key, userHandle, challenge };
}

/** One text for whatever was wrong. */
export function keyRefusedText(): UiText {
  return sayText(4000001, { reason: 'The key could not be set up, please try again.' });
}

const PLAIN_NAMES: Readonly<Record<KeyType, string>> = { passkey: 'Passkey', webauthn: 'Security key' };

/** Passkeys are not named: those who keep them are. */
function nameOf(submission: Submission, type: KeyType): string | null {
  if (type === 'passkey') return null;
  const name = textOf(submission, 'webauthn_register_displayname')?.trim() ?? '';
  return name === '' ? null : [...name].slice(0, NAME_LENGTH_MAX).join('');
}
