import type { Deps } from '../deps.ts';
import type { Changed } from '../identities/revision.ts';
import { isVisible } from '../identities/visibility.ts';
import type { IdentityId } from '../ports.ts';
import { changeWithin, openWithin, together } from '../records.ts';
import { TokenRejected, UserExists } from './errors.ts';
import { type ProfileInput, withProfileInput } from './profile-change.ts';
import type { Caller, Project } from './project.ts';

/**
 * Changes a user's own record.
 *
 * @param input.claims `required`: an identifier that another user has fails the change. `if-free`: it is not claimed (R3).
 * @throws UserExists @throws InvalidInput @throws TokenRejected There is no such user any more.
 * @see Contract identify 3.6.
 */
export async function updateUser(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'records'>,
  { poolId }: Pick<Project, 'poolId'>,
  input: {
    readonly userId: IdentityId;
    readonly change: ProfileInput;
    readonly claims: 'required' | 'if-free';
    readonly caller: Caller;
  },
): Promise<Changed> {
  const { userId, change, claims, caller } = input;
  return together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(poolId, userId);
    if (stored === null || !isVisible(stored)) throw new TokenRejected();
    const changing = openWithin(deps, stored);
    const { profile, fields } = withProfileInput(
      changing.config,
      { ...stored, profile: changing.profile },
      change,
      {
        newVid: () => deps.ids.next(),
        at: deps.clock.now(),
      },
    );
    const held = await tx.identities.listClaims(poolId, userId);
    return changeWithin(tx, deps, caller.context, changing, {
      ...{ action: 'identity.updated', fields, profile, claims, held },
      onTaken: async () => {
        throw new UserExists();
      },
    });
  });
}
