import { availableParallelism } from 'node:os';
import { hash as argon2Hash } from '@node-rs/argon2';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { InvalidInput } from '../../core/errors.ts';
import { passwordBytesMax } from '../../core/passwords/bytes.ts';
import {
  PASSWORD_BYTES_MAX,
  type PasswordAlgorithm,
  type PasswordHasher,
} from '../../core/passwords/ports.ts';
import { argon2Work, readArgon2Cost } from './argon2.ts';
import { bcryptWork } from './bcrypt.ts';
import { CryptThreads } from './crypt-threads.ts';
import type { Work } from './encoded.ts';
import { createLoopLoad } from './loop-load.ts';
import { inspectHash, readHash } from './read-hash.ts';
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts';

export type PasswordHasherOptions = Partial<WorkQueueOptions>;

/** The port, with threads that end at `close`; a hasher that is never closed keeps no process alive. */
export interface ClosablePasswordHasher extends PasswordHasher {
  close(): Promise<void>;
}

/** About a second and a half of the default algorithm. */
const WAITING_PER_CORE = 64;
/** The largest hash that may be imported, and light ones beside it. */
const MEMORY_KIB_MAX = (1024 + 256) * 1024;

function workOf(algorithm: PasswordAlgorithm): Work {
  return algorithm.kind === 'bcrypt' ? bcryptWork(algorithm.cost) : argon2Work(algorithm);
}

async function compute(password: Buffer, algorithm: PasswordAlgorithm): Promise<string> {
  if (algorithm.kind === 'bcrypt') {
    // One computation under two names; contract iam 7, statement 3 has this one.
    return (await bcryptHash(password, algorithm.cost)).replace(/^\$2b\$/, '$2a$');
  }
  const { memoryKib, passes, lanes } = algorithm;
  return argon2Hash(password, { memoryCost: memoryKib, timeCost: passes, parallelism: lanes });
}

function checkedBytes(password: string, algorithm: PasswordAlgorithm): Buffer {
  const bytes = Buffer.from(password);
  const bytesMax = passwordBytesMax(algorithm);
  const isLong = bytes.length > bytesMax;
  if (!isLong && password.isWellFormed()) return bytes;
  const message = isLong
    ? `The password must have at most ${bytesMax} bytes.`
    : 'The password is not valid text.';
  throw new InvalidInput([
    { path: ['password'], code: 'invalid', rule: isLong ? 'length' : 'format', message },
  ]);
}

function isOf(encoded: string, algorithm: PasswordAlgorithm): boolean {
  const reading = readHash(encoded);
  if (!reading.ok || reading.format !== algorithm.kind) return false;
  if (algorithm.kind === 'bcrypt') return Number(encoded.split('$')[2]) === algorithm.cost;
  const cost = readArgon2Cost(encoded);
  const { memoryKib, passes, lanes } = algorithm;
  return cost?.memoryKib === memoryKib && cost.passes === passes && cost.lanes === lanes;
}

/**
 * Hashing in threads of the runtime, and of our own for crypt(3); nothing but a single digest runs on the event loop.
 * The runtime's threads (`UV_THREADPOOL_SIZE`, four by default) also serve files and names: it should have some more of
 * them than `cores`.
 */
export function createPasswordHasher(options: PasswordHasherOptions = {}): ClosablePasswordHasher {
  const cores = options.cores ?? availableParallelism();
  const queue = new WorkQueue({
    cores,
    waitingMax: options.waitingMax ?? cores * WAITING_PER_CORE,
    memoryKibMax: options.memoryKibMax ?? MEMORY_KIB_MAX,
    isLoopBusy: options.isLoopBusy ?? createLoopLoad(),
  });
  const cryptThreads = new CryptThreads();

  return {
    async hash(password, algorithm) {
      const bytes = checkedBytes(password, algorithm);
      return queue.run(workOf(algorithm), () => compute(bytes, algorithm));
    },
    async verify(password, encoded) {
      const reading = readHash(encoded);
      if (!reading.ok) return false;
      const bytes = Buffer.from(password);
      const isPossible =
        bytes.length <= (reading.passwordBytesMax ?? PASSWORD_BYTES_MAX) && password.isWellFormed();
      // What cannot be right costs the same as what is wrong.
      const candidate = isPossible ? bytes : Buffer.alloc(0);
      const isRight = await queue.run(reading.work, () => reading.matches(candidate, { cryptThreads }));
      return isPossible && isRight;
    },
    requireRoom: (algorithm) => queue.requireRoom(workOf(algorithm)),
    async wasteTime(algorithm) {
      await queue.run(workOf(algorithm), () => compute(Buffer.from('nobody'), algorithm));
    },
    needsRehash: (encoded, algorithm) => !isOf(encoded, algorithm),
    inspect: inspectHash,
    close: () => cryptThreads.close(),
  };
}
