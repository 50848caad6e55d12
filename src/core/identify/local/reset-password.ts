import { normaliseEmail } from '../../../kit/normalise.ts';
import { queueMessage } from '../../courier/queue-message.ts';
import { isRecipient } from '../../courier/recipient.ts';
import type { Deps } from '../../deps.ts';
import { toIamRecord } from '../../iam/record.ts';
import { proveAddress } from '../../identities/addresses.ts';
import type { StoredIdentity } from '../../identities/ports.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { IdentityId } from '../../ports.ts';
import { changeWithin, openWithin, together } from '../../records.ts';
import { selfServiceOf } from '../../self-service/config.ts';
import { LockedOut } from '../../self-service/errors.ts';
import { checkAllowed, recordFailure } from '../../self-service/lockout.ts';
import { findPerson } from '../../self-service/methods/person.ts';
import { countSend, forgetSends } from '../../self-service/send-limit.ts';
import { mayHaveSessions } from '../../sessions/active.ts';
import { revokeSessionsOf } from '../../sessions/end-sessions.ts';
import type { LocalSettings } from '../config.ts';
import { ResetCodeOver, ResetCodeWrong } from '../errors.ts';
import type { Caller, Project } from '../project.ts';
import { withHash } from './login.ts';
import { requireGoodPassword } from './password-policy.ts';

export type ResetNeeds = Pick<
  Deps,
  | ('clock' | 'ids' | 'random' | 'vault' | 'configs' | 'identities' | 'records' | 'phones' | 'sessions')
  | ('passwords' | 'breached' | 'lockouts' | 'selfService' | 'resetCodes')
>;

const CODE_SECONDS = 60 * 60;
const TRIES_MAX = 5;
const DIGITS = 6;
const CODES = 10 ** DIGITS;
/** Above, codes would not all be equally likely. */
const WORD_MAX = 2 ** 32 - (2 ** 32 % CODES);

/**
 * Sends a code for a new password. Whether anybody has the address makes no difference to what is answered; of several
 * codes the newest counts.
 *
 * @param email As sent; what is no address is nobody's.
 * @throws LockedOut Too many messages to this address, or asked for from this network.
 * @see Contract identify 3.8.
 */
export async function forgotPassword(
  deps: ResetNeeds,
  project: Project,
  { email, caller }: { readonly email: string; readonly caller: Caller },
): Promise<void> {
  const { poolId, vault } = project;
  const address = normaliseEmail(email);
  if (address === null || !isRecipient('email', address)) return;
  const { lockout } = selfServiceOf(deps, project.config);
  const send = { poolId, vault, purpose: 'recovery', recipient: address, address: caller.address } as const;
  await countSend(deps, lockout, send);
  const { person } = await findPerson(deps, { poolId, identifier: address, type: 'password' });
  const owner = person !== null && mayHaveSessions(person.stored) ? person.stored : null;
  const code = randomCode(deps);
  await deps.resetCodes.putCode(poolId, {
    ...digestsOf(project, { address, code }),
    identityId: owner?.id ?? null,
    expiresAt: new Date(deps.clock.now().getTime() + CODE_SECONDS * 1000),
  });
  await sendCode(deps, project, { owner, address, code, caller });
}

/** Undoes what was done for an address that nobody has, so that it takes as long as for any other. */
class Nobody extends Error {}

async function sendCode(
  deps: ResetNeeds,
  { poolId }: Project,
  sent: { owner: StoredIdentity | null; address: string; code: string; caller: Caller },
): Promise<void> {
  const { owner, address, code, caller } = sent;
  const { languages } = caller;
  try {
    await together(deps, async (tx) => {
      await queueMessage(tx, deps, {
        ...{ poolId, identity: owner, channel: 'email', recipient: address, languages },
        occasion: { template: 'recovery_code_valid', code, minutes: CODE_SECONDS / 60 },
      });
      if (owner === null) throw new Nobody();
    });
  } catch (error) {
    if (!(error instanceof Nobody)) throw error;
  }
}

/**
 * Sets a new password by a code, which also proves the address (R4); everything that was logged in ends, on every surface.
 * Of a code that is used several times at once one works.
 *
 * @throws PasswordRefused Before the code is looked at. @throws ResetCodeWrong @throws ResetCodeOver
 * @throws LockedOut The code takes no more tries, or there were too many wrong ones from this network. @throws Busy
 * @see Contract identify 3.8.
 */
export async function confirmForgotPassword(
  deps: ResetNeeds,
  project: Project,
  settings: LocalSettings,
  input: {
    readonly email: string;
    readonly code: string;
    readonly password: string;
    readonly caller: Caller;
  },
): Promise<void> {
  const { poolId, vault, config } = project;
  const { password, caller } = input;
  const address = normaliseEmail(input.email);
  await requireGoodPassword(deps, project, settings, { password, email: address });
  const { lockout } = selfServiceOf(deps, config);
  const attempt = { poolId, vault, identifier: null, address: caller.address };
  await checkAllowed(deps, lockout, attempt);
  const use = address === null ? null : await useCode(deps, project, { address, code: input.code.trim() });
  if (address === null || use?.outcome !== 'used' || use.identityId === null) {
    await recordFailure(deps, lockout, attempt);
    if (use?.outcome === 'too_many') throw new LockedOut(lockout.windowSeconds);
    throw use?.outcome === 'expired' ? new ResetCodeOver() : new ResetCodeWrong();
  }
  await forgetSends(deps, lockout, { ...attempt, purpose: 'recovery', recipient: address });
  const hash = await deps.passwords.hash(password, config.iam.passwordAlgorithm);
  await write(deps, project, { id: use.identityId, address, hash, caller });
}

function useCode(
  { resetCodes, clock }: Pick<ResetNeeds, 'resetCodes' | 'clock'>,
  project: Project,
  sent: { readonly address: string; readonly code: string },
) {
  const attempt = { ...digestsOf(project, sent), at: clock.now(), triesMax: TRIES_MAX };
  return resetCodes.useCode(project.poolId, attempt);
}

async function write(
  deps: ResetNeeds,
  { poolId }: Project,
  { id, address, hash, caller }: { id: IdentityId; address: string; hash: string; caller: Caller },
): Promise<void> {
  const { context } = caller;
  await together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(poolId, id);
    if (stored === null || !isVisible(stored) || !mayHaveSessions(stored)) throw new ResetCodeWrong();
    const changing = openWithin(deps, stored);
    const record = toIamRecord(changing, changing);
    const at = deps.clock.now();
    const { credentials, fields } = withHash(record, hash, at);
    // The address may have been changed since the code was sent.
    const isTheirs = record.derived.verifiable.some(({ via, value }) => via === 'email' && value === address);
    const profile = isTheirs
      ? proveAddress(changing.profile, { via: 'email', value: address }, at)
      : changing.profile;
    const revision = { action: 'identity.updated', fields: [...fields, 'verifiable_addresses'] };
    await changeWithin(tx, deps, context, changing, { ...revision, credentials, profile });
    await revokeSessionsOf({ ...deps, sessions: tx.sessions }, context, id);
  });
}

/** Keyed, since a million codes are soon tried; with the address, so that a row says nothing about another one. */
function digestsOf({ vault }: Project, { address, code }: { address: string; code: string }) {
  return {
    addressDigest: vault.digest('identify:reset-address', address),
    codeDigest: vault.digest('identify:reset-code', `${address}\n${code}`),
  };
}

function randomCode({ random }: Pick<Deps, 'random'>): string {
  for (;;) {
    const word = random.bytes(4).readUInt32BE(0);
    if (word < WORD_MAX) return String(word % CODES).padStart(DIGITS, '0');
  }
}
