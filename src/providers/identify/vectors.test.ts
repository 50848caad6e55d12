import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretHashOf } from './cognito/secret-hash.ts';
import { SrpLogin, timestampOf } from './cognito/srp.ts';
import { appSecretProof } from './facebook.ts';
import { oauth1Header, oauth1Signature } from './oauth1.ts';

test('the secret hash and the proof of an app’s secret are those of the contract', () => {
  const hash = secretHashOf('client-secret', 'user@test.com', 'client-id');
  assert.equal(hash, 'fRnU1EYktwnaya0gXCx6FgwSbKwDBEkAtAbWBGHR9dA=');
  const proof = 'ab54e2c7f99e6afb54039fb42c36e9c3b2f1183ea60d146163d89d74eaf2154f';
  assert.equal(appSecretProof('app-secret', 'fb-token'), proof);
});

// "Creating a signature" of X's documentation, of both versions of the interface.
const KEYS = {
  consumerKey: 'xvz1evFS4wEEPTGEFPHBog',
  consumerSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
  token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
  tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
};
const REQUEST = {
  method: 'POST',
  form: [['status', 'Hello Ladies + Gentlemen, a signed OAuth request!']] as const,
  nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
  timestamp: 1_318_622_958,
};

test('requests are signed as X’s documentation shows', () => {
  for (const [version, signature] of [
    ['1', 'tnnArxj06cWHq44gCs1OSKk/jLY='],
    ['1.1', 'hCtSmYh+iHYCEqBWrE7C7hYmtUk='],
  ]) {
    const url = `https://api.twitter.com/${version}/statuses/update.json?include_entities=true`;
    assert.equal(oauth1Signature(KEYS, { ...REQUEST, url }), signature);
    const header = oauth1Header(KEYS, { ...REQUEST, url });
    assert.ok(header.endsWith(`oauth_signature="${encodeURIComponent(signature ?? '')}"`), header);
  }
});

// Made with amazon-cognito-identity-js 6.3.21, AWS's own client, from the same inputs.
test('a login by SRP shows what AWS’s own client shows', () => {
  const login = new SrpLogin(Buffer.from('5f'.repeat(32), 'hex'));
  const srpB = Buffer.from('b'.repeat(384)).toString('hex');
  const challenge = {
    ...{ userIdForSrp: '897d4b5a-f070-48d7-87a9-304a032df38a', salt: 'a9'.repeat(16), srpB },
    secretBlock: Buffer.from('secret block').toString('base64'),
  };
  const timestamp = 'Sat Nov 21 19:28:23 UTC 2026';
  const input = { poolName: 'AbCdEf123', password: 'bID>idfsf23!', timestamp };
  assert.equal(login.claim(challenge, input), 'boDAhMWpOHierhioiOgSTog+ymDkIz+1tJD/iw9Atxw=');
  assert.equal(login.claim({ ...challenge, srpB: '0' }, input), null);
});

test('times are written as Cognito reads them: English, UTC, days without a zero before', () => {
  assert.equal(timestampOf(new Date('2026-11-01T09:05:00Z')), 'Sun Nov 1 09:05:00 UTC 2026');
  assert.equal(timestampOf(new Date('2026-11-21T19:28:23Z')), 'Sat Nov 21 19:28:23 UTC 2026');
});
