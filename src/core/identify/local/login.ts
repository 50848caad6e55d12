import type { Credentials } from '../../credentials/credentials.ts';
import type { Deps } from '../../deps.ts';
import { type IamRecord, toIamRecord } from '../../iam/record.ts';
import { knownAddress } from '../../identities/addresses.ts';
import { isVisible } from '../../identities/visibility.ts';
import { openSigningKey } from '../../jwt/signing-keys.ts';
import { checkPassword } from '../../passwords/check-password.ts';
import type { IdentityId } from '../../ports.ts';
import { openWithin, together } from '../../records.ts';
import { isAssuredFor } from '../../self-service/assured.ts';
import { selfServiceOf } from '../../self-service/config.ts';
import { type Attempt, checkAllowed, clearFailures, recordFailure } from '../../self-service/lockout.ts';
import { findPerson, secondFactorsOf } from '../../self-service/methods/person.ts';
import { mayHaveSessions } from '../../sessions/active.ts';
import type { LocalSettings } from '../config.ts';
import { LoginRejected, UserNotConfirmed } from '../errors.ts';
import type { Caller, Project } from '../project.ts';
import { type SessionBlock, sessionBlockOf } from '../session-block.ts';
import { localAccount } from '../user.ts';
import { type BegunLogin, beginLocalSession, type LocalLogin, type SessionNeeds } from './begin-session.ts';
import type { UserTokens } from './tokens.ts';

export type LoginNeeds = SessionNeeds &
  Pick<
    Deps,
    | ('identities' | 'records' | 'phones' | 'passwords' | 'lockouts')
    | ('selfService' | 'signingKeys' | 'sessions')
  >;

export interface LoggedInUser {
  readonly block: SessionBlock;
  readonly tokens: UserTokens;
}

const TRIES_MAX = 3;

/**
 * Logs in by an e-mail address and the password of the record, which every surface checks (R10): unknown and wrong look
 * the same and take the same time, under one lockout.
 *
 * @param input.deviceId Null: one is made.
 * @throws LoginRejected @throws UserNotConfirmed @throws LockedOut @throws Busy
 * @see Contract identify 3.7.
 */
export async function loginLocally(
  deps: LoginNeeds,
  project: Project,
  settings: LocalSettings,
  input: {
    readonly email: string;
    readonly password: string;
    readonly deviceId: string | null;
    readonly caller: Caller;
  },
): Promise<LoggedInUser> {
  const { poolId, vault, config } = project;
  const { email, password, caller } = input;
  const { lockout } = selfServiceOf(deps, config);
  for (let tries = 1; ; tries += 1) {
    const { identifier, person } = await findPerson(deps, { poolId, identifier: email, type: 'password' });
    const attempt: Attempt = { poolId, vault, identifier, address: caller.address };
    await checkAllowed(deps, lockout, attempt);
    const encoded = person === null ? null : hashOf(person);
    const algorithm = config.iam.passwordAlgorithm;
    const checked = await checkPassword({ hasher: deps.passwords }, { password, encoded, algorithm });
    if (!checked.isRight || person === null || identifier === null) {
      await recordFailure(deps, lockout, attempt);
      throw new LoginRejected();
    }
    await clearFailures(deps, lockout, attempt);
    requireConfirmed(deps, person, { identifier, settings });
    const key = await openSigningKey(deps, poolId);
    const deviceId = input.deviceId ?? deps.ids.next();
    const login: LocalLogin = { project, settings, key, caller, deviceId };
    const begun = await begin(deps, login, {
      id: person.stored.id,
      before: encoded,
      newHash: checked.newHash,
    });
    key.privateKey.fill(0);
    if (begun === 'changed' && tries < TRIES_MAX) continue;
    if (begun === 'changed' || begun === 'refused') throw new LoginRejected();
    return loggedIn(deps, project, begun, deviceId);
  }
}

export async function loggedIn(
  deps: SessionNeeds,
  project: Project,
  { changed, tokens }: Pick<BegunLogin, 'changed' | 'tokens'>,
  deviceId: string,
): Promise<LoggedInUser> {
  const account = localAccount(project, changed.stored.id);
  return { block: await sessionBlockOf(deps, project, changed, { account, deviceId }), tokens };
}

/** @returns `changed`: another password was set meanwhile, and only that counts. `refused`: blocked (R2), or gone. */
function begin(
  deps: LoginNeeds,
  login: LocalLogin,
  { id, before, newHash }: { id: IdentityId; before: string | null; newHash: string | null },
): Promise<BegunLogin | 'changed' | 'refused'> {
  return together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(login.project.poolId, id);
    if (stored === null || !isVisible(stored) || !mayHaveSessions(stored)) return 'refused';
    const changing = openWithin(deps, stored);
    const record = toIamRecord(changing, changing);
    if (hashOf(record) !== before) return 'changed';
    const change = newHash === null ? {} : withHash(record, newHash, deps.clock.now());
    return beginLocalSession(tx, deps, login, changing, change);
  });
}

/** The record's password, hashed anew or another one. */
export function withHash(
  { credentials }: Pick<IamRecord, 'credentials'>,
  hash: string,
  at: Date,
): { fields: string[]; credentials: Credentials } {
  const updatedAt = at.toISOString();
  const password = { createdAt: updatedAt, ...credentials.password, hash, updatedAt };
  return { fields: ['credentials.password'], credentials: { ...credentials, password } };
}

export function hashOf({ credentials }: Pick<IamRecord, 'credentials'>): string | null {
  return credentials.password?.hash ?? null;
}

/**
 * What was shown is enough: no second factor is wanted, and the address was proved where that is asked for.
 * @throws UserNotConfirmed
 */
function requireConfirmed(
  deps: Pick<Deps, 'selfService'>,
  person: IamRecord,
  { identifier, settings }: { identifier: string; settings: LocalSettings },
): void {
  const { config, profile, stored, credentials } = person;
  const offered = selfServiceOf(deps, config);
  const owned = { session: { aal: 'aal1' as const }, identity: person };
  if (!isAssuredFor(owned, { config, offered }, 'whoamiAal')) {
    const [challenge = 'code'] = secondFactorsOf(offered, credentials);
    throw new UserNotConfirmed({ challenge });
  }
  if (settings.autoConfirm && !offered.hooks.requireVerifiedAddress) return;
  const address = { via: 'email', value: identifier } as const;
  if (!knownAddress(profile, address, stored.createdAt).verified) throw new UserNotConfirmed();
}
