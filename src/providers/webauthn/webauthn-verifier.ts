import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject, isoCBOR } from '@simplewebauthn/server/helpers';
import { ALGORITHMS } from '../../core/webauthn/options.ts';
import type { AuthenticatorState, Proof, WebAuthnVerifier } from '../../core/webauthn/ports.ts';
import { requireWholeKey } from './cose-key.ts';

export const webAuthnVerifier: WebAuthnVerifier = {
  verifyNewKey: (proof) =>
    nullIfRefused(async () => {
      const { clientDataJSON = '', attestationObject = '' } = proof.response.response;
      const { verified, registrationInfo: made } = await verifyRegistrationResponse({
        response: {
          ...envelopeOf(proof),
          response: { clientDataJSON, attestationObject: withoutStatement(attestationObject) },
        },
        ...expectationOf(proof),
        supportedAlgorithmIDs: [...ALGORITHMS],
      });
      if (!verified || made.credential.id !== proof.response.id) return null;
      requireWholeKey(made.credential.publicKey);
      return {
        id: toBase64(Buffer.from(made.credential.id, 'base64url')),
        publicKey: toBase64(made.credential.publicKey),
        aaguid: made.aaguid,
        ...stateOf({ ...made, newCounter: made.credential.counter }),
      };
    }),

  verifyUse: ({ key, ...proof }) =>
    nullIfRefused(async () => {
      const { clientDataJSON = '', authenticatorData = '', signature = '' } = proof.response.response;
      const { verified, authenticationInfo: used } = await verifyAuthenticationResponse({
        response: {
          ...envelopeOf(proof),
          response: { clientDataJSON, authenticatorData, signature },
        },
        ...expectationOf(proof),
        credential: {
          id: proof.response.id,
          publicKey: Uint8Array.from(Buffer.from(key.publicKey, 'base64')),
          // Counters are the core's to compare, which notes where one went back.
          counter: 0,
        },
      });
      return verified ? stateOf(used) : null;
    }),
};

function envelopeOf({ response: { id } }: Proof) {
  return { id, rawId: id, type: 'public-key' as const, clientExtensionResults: {} };
}

function expectationOf({ challenge, party, needsVerification }: Proof) {
  return {
    expectedChallenge: challenge,
    expectedOrigin: [...party.origins],
    expectedRPID: party.id,
    requireUserVerification: needsVerification,
  };
}

/** As a browser hands it on that was asked for no attestation. @see WebAuthn 5.1.3, "none". */
function withoutStatement(attestationObject: string): string {
  const authData = decodeAttestationObject(Uint8Array.from(Buffer.from(attestationObject, 'base64url'))).get(
    'authData',
  );
  const bare = new Map<string, unknown>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', authData],
  ]);
  return Buffer.from(isoCBOR.encode(bare as Parameters<typeof isoCBOR.encode>[0])).toString('base64url');
}

function stateOf(told: {
  readonly newCounter: number;
  readonly userVerified: boolean;
  readonly credentialDeviceType: 'singleDevice' | 'multiDevice';
  readonly credentialBackedUp: boolean;
}): AuthenticatorState {
  return {
    signCount: told.newCounter,
    isUserVerified: told.userVerified,
    isBackupEligible: told.credentialDeviceType === 'multiDevice',
    isBackedUp: told.credentialBackedUp,
  };
}

/** The package throws for whatever does not fit. */
async function nullIfRefused<T>(verify: () => Promise<T | null>): Promise<T | null> {
  try {
    return await verify();
  } catch {
    return null;
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
