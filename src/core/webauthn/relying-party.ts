import type { RelyingPartyConfig } from '../self-service/config.ts';
import type { RelyingParty } from './ports.ts';

/**
 * What keys know a pool as.
 *
 * @param at.base Where the pool is reached from outside. @param at.uiUrl Where its pages are; null: there.
 */
export function relyingPartyOf(
  { rpId, rpName, origins }: RelyingPartyConfig,
  { base, uiUrl }: { readonly base: string; readonly uiUrl: string | null },
): RelyingParty {
  const pages = [base, ...(uiUrl === null ? [] : [uiUrl])].map((url) => new URL(url).origin);
  return {
    id: rpId ?? new URL(base).hostname,
    name: rpName,
    origins: [...new Set([...pages, ...origins])],
  };
}
