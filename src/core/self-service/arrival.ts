import type { OidcProviderConfig } from '../oidc/config.ts';
import type { ProvenAccount } from '../oidc/ports.ts';

/** Somebody whom a provider has told who they are. */
export interface Arrival {
  readonly provider: OidcProviderConfig;
  readonly account: ProvenAccount;
  /** What the form held that they set out from; undefined: nothing. */
  readonly traits: unknown;
  /** A browser brought it, and gets the answer, also in a native client's flow. */
  readonly isByBrowser: boolean;
}
