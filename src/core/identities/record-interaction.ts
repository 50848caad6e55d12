import type { Deps } from '../deps.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { type ChangeNeeds, changeIdentity } from './change.ts';
import type { Snapshot } from './profile.ts';
import type { IdentityView } from './view.ts';

const USER_AGENT_LENGTH_MAX = 1024;
const CONTROL = /\p{Cc}/gu;
const JA4 = /^[tqd][0-9a-z]{2}[di][0-9]{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;

export interface Interaction {
  readonly at: Date;
  /** Normalised: IPv4 dotted, or IPv6 in RFC 5952 form. */
  readonly remoteIp: string | null;
  readonly userAgent: string | null;
  /** From a trusted proxy only; a hint, never a credential. What does not look like one is left out. */
  readonly ja4Fingerprint: string | null;
}

/**
 * Freezes one end-user interaction on an identity (R6): the first one sets `first` and `last`, equal; a later one
 * replaces `last` whole unless it is older. Place and ASN are looked up now and never again.
 *
 * @param input.read Gives the interaction, or throws what is wrong with it; asked once the identity is known to be
 *   open, because its state is told before a bad value is.
 * @throws NotFound @throws WrongState The identity is closed.
 * @see Contract pools 5.
 */
export async function recordInteraction(
  deps: ChangeNeeds & Pick<Deps, 'places'>,
  context: RequestContext,
  input: { identityId: IdentityId; read: () => Interaction },
): Promise<IdentityView> {
  return changeIdentity(deps, context, input.identityId, ({ seen }) => {
    const interaction = input.read();
    const last = takeSnapshot(deps, interaction);
    if (seen !== null && seen.last.at > last.at) return null;
    return {
      action: 'identity.seen',
      fields: seen === null ? ['first_seen', 'last_seen'] : ['last_seen'],
      seen: { value: { first: seen?.first ?? last, last }, lastSeenAt: interaction.at },
    };
  });
}

/** Place and ASN are those of now. What does not look like itself is left out. */
export function takeSnapshot({ places }: Pick<Deps, 'places'>, interaction: Interaction): Snapshot {
  const { remoteIp, ja4Fingerprint } = interaction;
  const userAgent = interaction.userAgent?.replace(CONTROL, '').slice(0, USER_AGENT_LENGTH_MAX) ?? '';
  return {
    at: Math.floor(interaction.at.getTime() / 1000),
    ...(remoteIp === null ? {} : { remoteIp, ...places.findPlace(remoteIp) }),
    ...(userAgent === '' ? {} : { userAgent }),
    ...(ja4Fingerprint !== null && JA4.test(ja4Fingerprint) ? { ja4Fingerprint } : {}),
  };
}
