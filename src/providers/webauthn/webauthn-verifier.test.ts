import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createAuthenticator, type KeyAlgorithm, type Odds } from '../../../test/harness/authenticator.ts';
import { readAnswer } from '../../core/webauthn/answer.ts';
import { creationOptions, requestOptions } from '../../core/webauthn/options.ts';
import type { Proof, RelyingParty } from '../../core/webauthn/ports.ts';
import { webAuthnVerifier } from './webauthn-verifier.ts';

const ORIGIN = 'https://id.example.com';
const PARTY: RelyingParty = { id: 'id.example.com', name: 'Test', origins: [ORIGIN] };
const CHALLENGE = Buffer.alloc(32, 1).toString('base64url');
const ASKED = { challenge: CHALLENGE, party: PARTY, keys: [] } as const;
const TO_CREATE = creationOptions({
  ...{ ...ASKED, userHandle: 'AQID', userName: 'jo', isDiscoverable: true, userVerification: 'required' },
});
const TO_GET = requestOptions({ ...ASKED, userVerification: 'required' });

function proofOf(text: string, needsVerification = true): Proof {
  const answer = readAnswer(text);
  if (answer === null) throw new RangeError('no answer');
  return { response: answer.json, challenge: CHALLENGE, party: PARTY, needsVerification };
}

const withAuthenticator = (algorithm: KeyAlgorithm = 'ES256') =>
  createAuthenticator({ origin: ORIGIN, algorithm });

async function keyOf(authenticator: ReturnType<typeof withAuthenticator>) {
  const made = await webAuthnVerifier.verifyNewKey(proofOf(authenticator.create(TO_CREATE)));
  if (made === null) throw new RangeError('no key');
  return made;
}

for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
  test(`a key of ${algorithm} that was made is the one that then signs`, async () => {
    const authenticator = withAuthenticator(algorithm);
    const key = await keyOf(authenticator);
    assert.equal(key.id, authenticator.keys[0]?.id.toString('base64'));
    const used = await webAuthnVerifier.verifyUse({ ...proofOf(authenticator.get(TO_GET)), key });
    assert.deepEqual(used, {
      ...{ signCount: 1, isUserVerified: true, isBackupEligible: false, isBackedUp: false },
    });
    const other = await keyOf(withAuthenticator(algorithm));
    assert.equal(
      await webAuthnVerifier.verifyUse({ ...proofOf(authenticator.get(TO_GET)), key: other }),
      null,
    );
  });

test('counters are told and not judged', async () => {
  const authenticator = withAuthenticator();
  const key = await keyOf(authenticator);
  for (const counter of [7, 3, 0]) {
    const used = await webAuthnVerifier.verifyUse({
      ...proofOf(authenticator.get(TO_GET, { counter })),
      key,
    });
    assert.equal(used?.signCount, counter);
  }
});

suite('refused', () => {
  const odds: readonly Odds[] = [
    ...[
      { origin: 'https://evil.example' },
      { origin: `${ORIGIN}:8443` },
      { origin: 'http://id.example.com' },
    ],
    ...[{ rpId: 'example.com' }, { challenge: 'AAAA' }, { challenge: `${CHALLENGE}=` }, { isPresent: false }],
    ...[{ isVerified: false }, { type: 'payment.get' }],
  ];
  for (const odd of odds)
    test(JSON.stringify(odd), async () => {
      const authenticator = withAuthenticator();
      assert.equal(await webAuthnVerifier.verifyNewKey(proofOf(authenticator.create(TO_CREATE, odd))), null);
      const key = await keyOf(withAuthenticator());
      assert.equal(
        await webAuthnVerifier.verifyUse({ ...proofOf(authenticator.get(TO_GET, odd)), key }),
        null,
      );
    });

  test('bytes that are no answer, at every place', async () => {
    const authenticator = withAuthenticator();
    const made = JSON.parse(authenticator.create(TO_CREATE));
    const key = await keyOf(withAuthenticator());
    for (const name of ['clientDataJSON', 'attestationObject'])
      for (const bytes of ['', 'AAAA', 'gQ', made.response[name].slice(0, -8)]) {
        const text = JSON.stringify({ ...made, response: { ...made.response, [name]: bytes } });
        assert.equal(
          await webAuthnVerifier.verifyNewKey(proofOf(text)),
          null,
          `${name} ${bytes.slice(0, 8)}`,
        );
      }
    const bare = JSON.stringify({ ...made, response: {} });
    assert.equal(await webAuthnVerifier.verifyNewKey(proofOf(bare)), null);
    assert.equal(await webAuthnVerifier.verifyUse({ ...proofOf(bare), key }), null);
  });

  test('a key that another answer names', async () => {
    const authenticator = withAuthenticator();
    const text = JSON.stringify({
      ...JSON.parse(authenticator.create(TO_CREATE)),
      id: 'AAAA',
      rawId: 'AAAA',
    });
    assert.equal(await webAuthnVerifier.verifyNewKey(proofOf(text)), null);
  });
});

test('a touch is enough where nothing more is asked', async () => {
  const authenticator = withAuthenticator();
  const text = authenticator.create(TO_CREATE, { isVerified: false });
  assert.equal((await webAuthnVerifier.verifyNewKey(proofOf(text, false)))?.isUserVerified, false);
});

test('who built an authenticator is not read, and nobody outside is asked about it', async () => {
  const authenticator = withAuthenticator();
  const { response, ...rest } = JSON.parse(authenticator.create(TO_CREATE));
  const plain = Buffer.from(response.attestationObject, 'base64url');
  // `none` becomes a format that comes with certificates, and its statement one that holds none.
  const claimed = Buffer.from(plain.toString('latin1').replace('dnone', 'eapple'), 'latin1');
  assert.notDeepEqual(claimed, plain);
  const attestationObject = claimed.toString('base64url');
  const text = JSON.stringify({ ...rest, response: { ...response, attestationObject } });
  assert.notEqual(await webAuthnVerifier.verifyNewKey(proofOf(text)), null);
});
