import { SealBroken } from '../errors.ts';

const TRIES_MAX = 3;

/**
 * For whoever reads a box and the key that opens it in two statements, or opens what lies under a pool's own key
 * without having read the pool's configuration version: a rotation in between makes the box look broken. The attempt
 * is made again from its reads on, so a box that is broken for good is still reported as that.
 *
 * @param attempt Must call `Vault.pool` itself: that is what loads newer keys.
 */
export async function openAgain<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SealBroken) || tries === TRIES_MAX) throw error;
    }
  }
}
