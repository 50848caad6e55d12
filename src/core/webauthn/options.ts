import type { PublicKey } from '../credentials/credentials.ts';
import type { RandomSource } from '../deps.ts';
import type { RelyingParty } from './ports.ts';

/** COSE algorithms that keys may be of, the best first: ES256, EdDSA, RS256. */
export const ALGORITHMS: readonly number[] = [-7, -8, -257];

const CHALLENGE_BYTES = 32;
const USER_HANDLE_BYTES = 64;
/** How long browsers let a person look for their key. */
const TIMEOUT_MS = 5 * 60 * 1000;

export type UserVerification = 'required' | 'preferred' | 'discouraged';

/** Base64url. */
export function newChallenge(random: RandomSource): string {
  return random.bytes(CHALLENGE_BYTES).toString('base64url');
}

/** Standard base64, as identities keep it. @see WebAuthn 14.6.1: it holds nothing of the person. */
export function newUserHandle(random: RandomSource): string {
  return random.bytes(USER_HANDLE_BYTES).toString('base64');
}

/** What `navigator.credentials.create` takes, bytes in base64url. @see WebAuthn 5.4. */
export function creationOptions(input: {
  readonly challenge: string;
  readonly party: RelyingParty;
  readonly userHandle: string;
  /** Shown by the authenticator, and kept there. */
  readonly userName: string;
  /** Keys that there are: no authenticator makes a second one for somebody whom it has a key of. */
  readonly keys: readonly PublicKey[];
  /** A key that is found without saying who one is, which is what makes it a passkey. */
  readonly isDiscoverable: boolean;
  readonly userVerification: UserVerification;
}) {
  const { challenge, party, userName, isDiscoverable, userVerification } = input;
  return {
    publicKey: {
      challenge,
      rp: { id: party.id, name: party.name },
      user: { id: toBase64url(input.userHandle), name: userName, displayName: userName },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      timeout: TIMEOUT_MS,
      attestation: 'none',
      authenticatorSelection: {
        requireResidentKey: isDiscoverable,
        residentKey: isDiscoverable ? 'required' : 'discouraged',
        userVerification,
      },
      excludeCredentials: input.keys.map(describe),
    },
  };
}

/** What `navigator.credentials.get` takes, bytes in base64url. @see WebAuthn 5.5. */
export function requestOptions(input: {
  readonly challenge: string;
  readonly party: RelyingParty;
  /** None: any passkey for this party. */
  readonly keys: readonly PublicKey[];
  readonly userVerification: UserVerification;
}) {
  const { challenge, party, keys, userVerification } = input;
  return {
    publicKey: {
      ...{ challenge, timeout: TIMEOUT_MS, rpId: party.id, userVerification },
      ...(keys.length === 0 ? {} : { allowCredentials: keys.map(describe) }),
    },
  };
}

function describe({ id, transports = [] }: PublicKey) {
  return {
    ...{ type: 'public-key', id: toBase64url(id) },
    ...(transports.length === 0 ? {} : { transports }),
  };
}

function toBase64url(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url');
}
