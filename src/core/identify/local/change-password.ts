import { normaliseEmail } from '../../../kit/normalise.ts';
import type { Deps } from '../../deps.ts';
import { toIamRecord } from '../../iam/record.ts';
import { readAttribute } from '../../identities/attributes.ts';
import { homesOf } from '../../identities/factors.ts';
import { latestDevice } from '../../identities/logins.ts';
import { isVisible } from '../../identities/visibility.ts';
import { openSigningKey } from '../../jwt/signing-keys.ts';
import { checkPassword } from '../../passwords/check-password.ts';
import { openWithin, together } from '../../records.ts';
import { selfServiceOf } from '../../self-service/config.ts';
import { checkAllowed, clearFailures, recordFailure } from '../../self-service/lockout.ts';
import { mayHaveSessions } from '../../sessions/active.ts';
import { revokeOtherSessions } from '../../sessions/end-sessions.ts';
import type { LocalSettings } from '../config.ts';
import { LoginRejected, TokenRejected } from '../errors.ts';
import type { Caller, Project } from '../project.ts';
import { type Bearer, openBearer } from './bearer.ts';
import { type BegunLogin, beginLocalSession, type LocalLogin } from './begin-session.ts';
import { hashOf, type LoggedInUser, type LoginNeeds, loggedIn, withHash } from './login.ts';
import { requireGoodPassword } from './password-policy.ts';

/**
 * Sets another password for who shows the one before, and logs them in by it; whatever they were logged in with before ends,
 * on every surface. Counts as a login of the device named, else of the one that was used last.
 *
 * @throws TokenRejected @throws TokenOver @throws LoginRejected @throws PasswordRefused @throws LockedOut @throws Busy
 * @see Contract identify 3.8.
 */
export async function changePasswordLocally(
  deps: LoginNeeds & Pick<Deps, 'breached'>,
  project: Project,
  settings: LocalSettings,
  input: {
    readonly token: string;
    readonly previousPassword: string;
    readonly password: string;
    readonly deviceId: string | null;
    readonly caller: Caller;
  },
): Promise<LoggedInUser> {
  const { config } = project;
  const bearer = await openBearer(deps, project, input.token);
  const { stored, profile } = bearer.opened;
  const shown = profile === null ? null : readAttribute(profile, homesOf(config, stored.schemaId), 'email');
  const email = shown === null ? null : normaliseEmail(shown);
  const before = await provePassword(deps, project, { bearer, email, ...input });
  await requireGoodPassword(deps, project, settings, { password: input.password, email });
  const hash = await deps.passwords.hash(input.password, config.iam.passwordAlgorithm);
  const key = await openSigningKey(deps, project.poolId);
  const deviceId = input.deviceId ?? latestDevice(bearer.opened.seen)?.id ?? bearer.claims.did;
  const login: LocalLogin = { project, settings, key, caller: input.caller, deviceId };
  const begun = await write(deps, login, { bearer, before, hash });
  key.privateKey.fill(0);
  return loggedIn(deps, project, begun, deviceId);
}

/** @returns The hash that was proved. @throws LoginRejected @throws LockedOut @throws Busy */
async function provePassword(
  deps: LoginNeeds,
  { poolId, vault, config }: Project,
  input: { bearer: Bearer; email: string | null; previousPassword: string; caller: Caller },
): Promise<string | null> {
  const { bearer, email: identifier, previousPassword: password, caller } = input;
  const { lockout } = selfServiceOf(deps, config);
  const attempt = { poolId, vault, identifier, address: caller.address };
  await checkAllowed(deps, lockout, attempt);
  const encoded = hashOf(toIamRecord({ config, vault }, bearer.opened));
  const algorithm = config.iam.passwordAlgorithm;
  const { isRight } = await checkPassword({ hasher: deps.passwords }, { password, encoded, algorithm });
  if (!isRight) {
    await recordFailure(deps, lockout, attempt);
    throw new LoginRejected();
  }
  await clearFailures(deps, lockout, attempt);
  return encoded;
}

function write(
  deps: LoginNeeds,
  login: LocalLogin,
  { bearer, before, hash }: { bearer: Bearer; before: string | null; hash: string },
): Promise<BegunLogin> {
  const { caller, project } = login;
  return together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(project.poolId, bearer.opened.stored.id);
    if (stored === null || !isVisible(stored) || !mayHaveSessions(stored)) throw new TokenRejected();
    const changing = openWithin(deps, stored);
    const record = toIamRecord(changing, changing);
    // Another one was set meanwhile: what was shown is the password no more.
    if (hashOf(record) !== before) throw new LoginRejected();
    const change = withHash(record, hash, deps.clock.now());
    const begun = await beginLocalSession(tx, deps, login, changing, change);
    await revokeOtherSessions({ ...deps, sessions: tx.sessions }, caller.context, begun.session);
    return begun;
  });
}
