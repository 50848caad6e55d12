import type { Credentials } from '../../credentials/credentials.ts';
import type { Deps } from '../../deps.ts';
import { InternalFault } from '../../errors.ts';
import type { Changed, Changing } from '../../identities/revision.ts';
import type { OpenSigningKey } from '../../jwt/signing-keys.ts';
import type { RecordStores } from '../../record-stores.ts';
import { changeWithin } from '../../records.ts';
import { startSession } from '../../sessions/start-session.ts';
import type { SessionView } from '../../sessions/view.ts';
import type { LocalSettings } from '../config.ts';
import { seenRevision } from '../note-device.ts';
import type { Caller, Project } from '../project.ts';
import { namesOf } from '../user.ts';
import { makeTokens, refreshDigest, type UserTokens } from './tokens.ts';

export type SessionNeeds = Pick<
  Deps,
  | ('clock' | 'ids' | 'random' | 'secrets' | 'vault' | 'configs' | 'places')
  | ('tokenSigner' | 'macs' | 'externalIds')
>;

export interface LocalLogin {
  readonly project: Project;
  readonly settings: LocalSettings;
  readonly key: OpenSigningKey;
  readonly caller: Caller;
  readonly deviceId: string;
}

export interface BegunLogin {
  readonly changed: Changed;
  readonly session: SessionView;
  readonly tokens: UserTokens;
}

/**
 * Writes a login with a password as a part of `together`: history and device on the record (R6), a session like that of
 * any other login, and the refresh token that goes with it.
 *
 * @param change What else changes on the record.
 * @throws WrongState The identity is closed or blocked.
 */
export async function beginLocalSession(
  tx: RecordStores,
  deps: SessionNeeds,
  { project, settings, key, caller, deviceId }: LocalLogin,
  changing: Changing,
  change: { readonly fields?: readonly string[]; readonly credentials?: Credentials } = {},
): Promise<BegunLogin> {
  const { fields = [], credentials } = change;
  const noted = seenRevision(deps, project, { caller, changing, deviceId, noting: () => 'login' });
  if (noted === null) throw new InternalFault('a login that is none');
  const revision = {
    ...noted,
    fields: [...noted.fields, ...fields],
    ...(credentials === undefined ? {} : { credentials }),
  };
  const changed = await changeWithin(tx, deps, caller.context, changing, revision);
  const { session } = await startSession(tx, deps, caller.context, {
    identity: changed,
    methods: [{ method: 'password', aal: 'aal1', completedAt: deps.clock.now() }],
    origin: caller.origin,
    config: { lifespanMs: settings.refreshSeconds * 1000 },
  });
  const { poolId } = project;
  const userId = changed.stored.id;
  const { schemaId } = changed.stored;
  // Not what has to be derived: the key for that may have to be asked for, and every connection may be waited for here.
  const names = namesOf(project, { schemaId, profile: changing.profile });
  const owner = { ...names, poolId, userId, sessionId: session.id, deviceId };
  const tokens = makeTokens(deps, key, settings, owner);
  const digest = refreshDigest(deps, tokens.refresh);
  await tx.families.insertFamily(poolId, { sessionId: session.id, refreshDigest: digest });
  return { changed, session, tokens };
}
