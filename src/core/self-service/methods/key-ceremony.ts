import type { RandomSource } from '../../deps.ts';
import type { KeyType } from '../../webauthn/keys.ts';
import { newChallenge } from '../../webauthn/options.ts';
import type { RelyingParty } from '../../webauthn/ports.ts';
import { relyingPartyOf } from '../../webauthn/relying-party.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { Flow, FlowContent } from '../flow.ts';
import type { UiNode } from '../ui/ui.ts';
import type { Visit } from '../visit.ts';

/** What a flow keeps until an authenticator has answered. */
export interface Ceremony {
  /** Base64url. */
  readonly challenge: string;
  /** Of somebody who is to have a key; standard base64. */
  readonly userHandle?: string;
}

/** What keys have on a form, and what the flow keeps for them. */
export interface KeyPart {
  readonly nodes: readonly UiNode[];
  readonly data: FlowContent['data'];
}

export const NO_KEYS: KeyPart = { nodes: [], data: {} };

export function newCeremony(
  { random }: { readonly random: RandomSource },
  about: Omit<Ceremony, 'challenge'> = {},
): Ceremony {
  return { challenge: newChallenge(random), ...about };
}

/** What a flow keeps under the name of a method; null where it has asked for nothing. */
export function ceremonyOf({ content }: Pick<Flow, 'content'>, type: KeyType): Ceremony | null {
  return ceremonyIn(content.data, type);
}

export function ceremonyIn(data: FlowContent['data'], type: KeyType): Ceremony | null {
  // Sealed by us, in this shape.
  return (data[type] as Ceremony | undefined) ?? null;
}

/** What keys know the pool as. */
export function partyOf(
  { webauthn, uiUrl }: Pick<SelfServiceConfig, 'webauthn' | 'uiUrl'>,
  { base }: Pick<Visit, 'base'>,
): RelyingParty {
  return relyingPartyOf(webauthn, { base, uiUrl });
}

export function joinParts(...parts: readonly KeyPart[]): KeyPart {
  return {
    nodes: parts.flatMap(({ nodes }) => nodes),
    data: Object.assign({}, ...parts.map(({ data }) => data)),
  };
}
