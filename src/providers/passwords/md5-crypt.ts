import { hash } from 'node:crypto';
import { type CryptJob, encodeCrypt, strengthen, stretch } from './crypt-computation.ts';

const MAGIC = Buffer.from('$1$');

/** For every bit of the length, lowest first: a zero byte where it is set, else the password's first one. */
function lengthBytes(password: Buffer): Buffer {
  const bytes: number[] = [];
  for (let length = password.length; length > 0; length >>= 1)
    bytes.push(length % 2 === 1 ? 0 : (password[0] ?? 0));
  return Buffer.from(bytes);
}

/** Poul-Henning Kamp's scheme of FreeBSD, known by `$1$`. The result has no prefix and no salt. */
export function md5Crypt(job: CryptJob): string {
  const [password, salt] = [Buffer.from(job.password), Buffer.from(job.salt)];
  const other = hash('md5', Buffer.concat([password, salt, password]), 'buffer');
  const whole = [password, MAGIC, salt, stretch(other, password.length), lengthBytes(password)];
  const digest = hash('md5', Buffer.concat(whole), 'buffer');
  return encodeCrypt('md5', strengthen('md5', { digest, password, salt, rounds: job.rounds }));
}
