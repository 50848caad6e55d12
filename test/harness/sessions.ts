import type { Deps } from '../../src/core/deps.ts';
import { openIdentity, vaultFor } from '../../src/core/identities/view.ts';
import type { ActingContext, IdentityId, PoolId } from '../../src/core/ports.ts';
import { together } from '../../src/core/records.ts';
import { addMethod } from '../../src/core/sessions/add-method.ts';
import { DEFAULT_SESSION_CONFIG } from '../../src/core/sessions/config.ts';
import type { AuthenticationMethod } from '../../src/core/sessions/content.ts';
import type { AssuranceLevel, SessionId } from '../../src/core/sessions/ports.ts';
import { startSession } from '../../src/core/sessions/start-session.ts';

export interface LoginInput {
  readonly identityId: string;
  /** Default: a password. */
  readonly methods?: readonly ShownMethod[];
  readonly userAgent?: string;
}

export interface ShownMethod {
  readonly method: string;
  readonly aal: AssuranceLevel;
}

export interface TestSession {
  readonly id: string;
  readonly token: string;
  readonly logoutToken: string;
}

const PASSWORD: ShownMethod = { method: 'password', aal: 'aal1' };

/** Logs somebody in as a flow would at its end: for tests of what comes after. */
export async function logIn(
  deps: Deps,
  poolId: PoolId,
  { identityId, methods = [PASSWORD], userAgent = 'Test' }: LoginInput,
): Promise<TestSession> {
  const completedAt = deps.clock.now();
  const { session, token, logoutToken } = await together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(poolId, identityId as IdentityId);
    if (stored === null) throw new RangeError('there is no such identity');
    return startSession(tx, deps, contextOf(poolId), {
      identity: openIdentity(await vaultFor(deps, stored), stored),
      methods: methods.map((one): AuthenticationMethod => ({ ...one, completedAt })),
      origin: { ipAddress: '203.0.113.7', userAgent },
      config: DEFAULT_SESSION_CONFIG,
    });
  });
  return { id: session.id, token, logoutToken };
}

/** Has the person of a session show something more. */
export async function showMore(
  deps: Deps,
  poolId: PoolId,
  { id, ...method }: ShownMethod & { readonly id: string },
): Promise<void> {
  const shown: AuthenticationMethod = { ...method, completedAt: deps.clock.now() };
  await together(deps, (tx) =>
    addMethod(tx, deps, contextOf(poolId), { poolId, id: id as SessionId, method: shown }),
  );
}

function contextOf(poolId: PoolId): ActingContext {
  return { principal: { poolId, keyId: null }, requestId: null, origin: null };
}
