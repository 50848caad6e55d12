import { createHmac } from 'node:crypto';
import type { CounterCodes } from '../core/self-service/ports.ts';

const DIGITS = 6;

export const counterCodes: CounterCodes = {
  codeAt(secret, counter) {
    const moving = Buffer.alloc(8);
    moving.writeBigUInt64BE(BigInt(counter));
    const mac = createHmac('sha1', secret).update(moving).digest();
    const word = mac.readUInt32BE((mac[mac.length - 1] ?? 0) & 0xf) & 0x7fff_ffff;
    return String(word % 10 ** DIGITS).padStart(DIGITS, '0');
  },
};
