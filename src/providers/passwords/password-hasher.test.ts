import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Busy, InvalidInput } from '../../core/errors.ts';
import { checkPassword } from '../../core/passwords/check-password.ts';
import { DEFAULT_ALGORITHM, type PasswordAlgorithm } from '../../core/passwords/ports.ts';
import { createPasswordHasher } from './password-hasher.ts';

const BCRYPT: PasswordAlgorithm = { kind: 'bcrypt', cost: 4 };
const PASSWORD = 'correct horse';
const hasher = createPasswordHasher();
after(() => hasher.close());

test('a hash is of the algorithm asked for, differs each time, and verifies', async () => {
  const [one, other] = await Promise.all([
    hasher.hash(PASSWORD, DEFAULT_ALGORITHM),
    hasher.hash(PASSWORD, DEFAULT_ALGORITHM),
  ]);
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(one, other);
  assert.equal(await hasher.verify(PASSWORD, one), true);
  assert.equal(await hasher.verify('correct Horse', one), false);
  const bcrypt = await hasher.hash(PASSWORD, BCRYPT);
  assert.match(bcrypt, /^\$2a\$04\$/);
  assert.equal(await hasher.verify(PASSWORD, bcrypt), true);
});

test('a password that is too long, or no text, is refused and not repeated', async () => {
  const isRefusal = (rule: string) => (error: unknown) =>
    error instanceof InvalidInput && error.problems[0]?.rule === rule;
  await assert.rejects(hasher.hash('ä'.repeat(37), BCRYPT), isRefusal('length'));
  assert.match(await hasher.hash('ä'.repeat(36), BCRYPT), /^\$2a/);
  await assert.rejects(hasher.hash('a'.repeat(1025), DEFAULT_ALGORITHM), isRefusal('length'));
  await assert.rejects(hasher.hash('\ud800'.repeat(8), DEFAULT_ALGORITHM), isRefusal('format'));
});

test('any other algorithm or parameter asks for a new hash', async () => {
  const argon2 = await hasher.hash(PASSWORD, DEFAULT_ALGORITHM);
  const bcrypt = await hasher.hash(PASSWORD, BCRYPT);
  assert.equal(hasher.needsRehash(argon2, DEFAULT_ALGORITHM), false);
  assert.equal(hasher.needsRehash(bcrypt, BCRYPT), false);
  assert.equal(hasher.needsRehash(argon2, BCRYPT), true);
  assert.equal(hasher.needsRehash(bcrypt, DEFAULT_ALGORITHM), true);
  assert.equal(hasher.needsRehash(bcrypt, { kind: 'bcrypt', cost: 5 }), true);
  assert.equal(
    hasher.needsRehash(argon2, { kind: 'argon2id', memoryKib: 19_456, passes: 3, lanes: 1 }),
    true,
  );
  assert.equal(hasher.needsRehash('$md5$4QrcOUm6Wau+VuBX8g+IPg==', DEFAULT_ALGORITHM), true);
});

test('a full queue refuses hashing, verifying and wasting time alike', async () => {
  const small = createPasswordHasher({ cores: 1, waitingMax: 1 });
  const work = [1, 2].map(() => small.hash(PASSWORD, DEFAULT_ALGORITHM));
  await assert.rejects(small.hash(PASSWORD, DEFAULT_ALGORITHM), Busy);
  await assert.rejects(small.verify('123456', '$md5$4QrcOUm6Wau+VuBX8g+IPg=='), Busy);
  await assert.rejects(small.wasteTime(BCRYPT), Busy);
  assert.throws(() => small.requireRoom(BCRYPT), Busy);
  assert.equal((await Promise.all(work)).length, 2);
});

test('iam 26: a right password under an imported hash comes with a hash of the pool', async () => {
  const encoded = '$md5$4QrcOUm6Wau+VuBX8g+IPg==';
  const right = await checkPassword(
    { hasher },
    { password: '123456', encoded, algorithm: DEFAULT_ALGORITHM },
  );
  assert.equal(right.isRight, true);
  assert.match(right.newHash ?? '', /^\$argon2id\$/);
  const again = { password: '123456', encoded: right.newHash, algorithm: DEFAULT_ALGORITHM };
  assert.deepEqual(await checkPassword({ hasher }, again), { isRight: true, newHash: null });
});

test('nobody, no password and a wrong password cost a computation each, and give nothing', async () => {
  const computed: string[] = [];
  const counting = {
    ...hasher,
    wasteTime: async () => void computed.push('waste'),
    verify: async (password: string, encoded: string) => {
      computed.push('verify');
      return hasher.verify(password, encoded);
    },
  };
  const own = await hasher.hash(PASSWORD, BCRYPT);
  for (const encoded of [null, own, '$md5$4QrcOUm6Wau+VuBX8g+IPg=='])
    assert.deepEqual(
      await checkPassword({ hasher: counting }, { password: 'wrong one', encoded, algorithm: BCRYPT }),
      { isRight: false, newHash: null },
    );
  assert.deepEqual(computed, ['waste', 'verify', 'verify', 'waste']);
});
