import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { webAuthnVerifier } from './webauthn-verifier.ts';

interface Vectors {
  readonly party: string;
  readonly page: string;
  readonly vectors: readonly {
    readonly name: string;
    readonly id: string;
    readonly made: Readonly<Record<'challenge' | 'clientDataJSON' | 'attestationObject', string>>;
    readonly used: Readonly<
      Record<'challenge' | 'clientDataJSON' | 'authenticatorData' | 'signature', string>
    >;
  }[];
}

const { party, page, vectors }: Vectors = JSON.parse(
  readFileSync(new URL('./vectors/w3c.json', import.meta.url), 'utf8'),
);
const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

function proofOf(
  id: string,
  { challenge = '', ...members }: Readonly<Record<string, string>>,
  needsVerification = false,
) {
  const response = Object.fromEntries(Object.entries(members).map(([name, hex]) => [name, base64url(hex)]));
  return {
    response: { id: base64url(id), response, transports: [] },
    challenge: base64url(challenge),
    party: { id: party, name: 'Test', origins: [page] },
    needsVerification,
  };
}

for (const { name, id, made, used } of vectors)
  test(`${name} of the standard makes a key, and signs with it`, async () => {
    const key = await webAuthnVerifier.verifyNewKey(proofOf(id, made));
    assert.equal(key?.id, Buffer.from(id, 'hex').toString('base64'));
    const state = await webAuthnVerifier.verifyUse({ ...proofOf(id, used), key });
    assert.deepEqual(state, {
      ...{ signCount: 0, isUserVerified: false, isBackupEligible: true },
      isBackedUp: name === 'none.ES256',
    });
    assert.equal(await webAuthnVerifier.verifyUse({ ...proofOf(id, used, true), key }), null);
    const swapped = { ...used, signature: `${used.signature.slice(0, -2)}00` };
    assert.equal(await webAuthnVerifier.verifyUse({ ...proofOf(id, swapped), key }), null);
  });
