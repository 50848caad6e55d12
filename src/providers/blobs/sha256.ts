import { createHash } from 'node:crypto';
import type { ContentHasher } from '../../core/blobs/ports.ts';

export const sha256Hasher: ContentHasher = {
  start() {
    const hash = createHash('sha256');
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  },
};
