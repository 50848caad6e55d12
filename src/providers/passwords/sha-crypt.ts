import { hash } from 'node:crypto';
import { type CryptJob, encodeCrypt, strengthen, stretch } from './crypt-computation.ts';

/** For every bit of the length, lowest first: the other digest where it is set, else the password. */
function lengthParts(password: Buffer, other: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let length = password.length; length > 0; length >>= 1)
    parts.push(length % 2 === 1 ? other : password);
  return parts;
}

/**
 * Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512", known by `$5$` and `$6$`. The result has no prefix and no
 * salt. Takes time with rounds and with the length of the password: not for the event loop.
 */
export function shaCrypt({ scheme, rounds, ...job }: CryptJob): string {
  const [password, salt] = [Buffer.from(job.password), Buffer.from(job.salt)];
  const digestOf = (parts: readonly Buffer[]) => hash(scheme, Buffer.concat(parts), 'buffer');
  const other = digestOf([password, salt, password]);
  const digest = digestOf([
    ...[password, salt, stretch(other, password.length)],
    ...lengthParts(password, other),
  ]);
  const repeatedPassword = Array.from({ length: password.length }, () => password);
  const repeatedSalt = Array.from({ length: 16 + (digest[0] ?? 0) }, () => salt);
  const mixed = {
    password: stretch(digestOf(repeatedPassword), password.length),
    salt: stretch(digestOf(repeatedSalt), salt.length),
  };
  return encodeCrypt(scheme, strengthen(scheme, { digest, ...mixed, rounds }));
}
