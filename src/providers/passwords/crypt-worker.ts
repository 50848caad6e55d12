import { parentPort } from 'node:worker_threads';
import type { CryptJob } from './crypt-computation.ts';
import { md5Crypt } from './md5-crypt.ts';
import { shaCrypt } from './sha-crypt.ts';

parentPort?.on('message', (job: CryptJob) => {
  parentPort?.postMessage(job.scheme === 'md5' ? md5Crypt(job) : shaCrypt(job));
});
