import { InternalFault } from '../errors.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import type { IdentityId } from '../ports.ts';
import type { Account } from './external-id.ts';
import type { Project } from './project.ts';
import { externalIdFor, signatureOf, stepped, type ViewNeeds } from './user.ts';

/** What a client gets by logging in, and hands on in parts. Times are Unix seconds. */
export interface SessionBlock {
  readonly deviceId: string;
  readonly timeStamp: number;
  readonly signature: string;
  readonly externalId: string;
  readonly userId: IdentityId;
  readonly signUp: number;
}

/** For a device that was signed for just now (`noteLogin`, `noteSignature`). @see Contract identify 3.2. */
export async function sessionBlockOf(
  deps: ViewNeeds,
  project: Project,
  { stored, profile, seen }: Pick<OpenedIdentity, 'stored' | 'profile' | 'seen'>,
  { account, deviceId }: { readonly account: Account; readonly deviceId: string },
): Promise<SessionBlock> {
  const device = seen?.devices?.find(({ id }) => id === deviceId);
  if (device?.signedAt === undefined || profile === null)
    throw new InternalFault('a device was not signed for');
  const { signedAt: timeStamp, signUp } = device;
  const userId = stored.id;
  return {
    ...{ deviceId, timeStamp, userId },
    signature: signatureOf(deps, project, { userId, timeStamp }),
    externalId: await externalIdFor(deps, project, { profile, account }),
    signUp: stepped(project, signUp),
  };
}
