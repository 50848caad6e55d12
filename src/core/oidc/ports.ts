import type { AuditEvent, Unplaced } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';
import type { OidcProviderConfig } from './config.ts';

/** A provider with what a request to it takes. Holds the secret: goes nowhere else. */
export interface OpenIdProvider extends OidcProviderConfig {
  readonly clientSecret: string | null;
}

/** What binds an answer of a provider to the request that asked for it. */
export interface OpenIdRequest {
  readonly redirectUri: string;
  /** RFC 6749 section 10.12. */
  readonly state: string;
  /** OpenID Connect Core 1.0 section 15.5.2. */
  readonly nonce: string;
  /** RFC 7636: 43 characters or more. */
  readonly codeVerifier: string;
}

/** Who a provider says that somebody is. Personal data, and tokens. */
export interface ProvenAccount {
  /** In its own spelling; never given to another person by the same provider. */
  readonly subject: string;
  readonly claims: { readonly [name: string]: unknown };
  /** Empty where there is none. */
  readonly tokens: { readonly id: string; readonly access: string; readonly refresh: string };
}

/**
 * Signs people in at providers, by the authorization code flow with PKCE. Where a provider is and which keys it has is
 * asked now and then, and kept for minutes.
 *
 * @see OpenID Connect Core 1.0, Discovery 1.0; RFC 7636; RFC 9207; RFC 9700.
 */
export interface OpenIdClient {
  /**
   * Where a browser is sent.
   * @param request.mustAuthenticate Not merely because the provider remembers somebody.
   * @throws OpenIdFailed
   */
  authorizationUrl(
    provider: OpenIdProvider,
    request: OpenIdRequest & { readonly mustAuthenticate: boolean },
  ): Promise<string>;
  /**
   * Takes what a browser came back with: state, issuer, code, then signature, issuer, audience, nonce and times of the ID
   * token.
   *
   * @param answer As it came.
   * @throws OpenIdFailed
   */
  redeem(
    provider: OpenIdProvider,
    request: OpenIdRequest,
    answer: { readonly [name: string]: string },
  ): Promise<ProvenAccount>;
  /** Takes an ID token that a native client got by itself. @throws OpenIdFailed */
  readIdToken(
    provider: OpenIdProvider,
    token: { readonly idToken: string; readonly nonce: string },
  ): Promise<ProvenAccount>;
}

/** A provider as its operator set it, with its secret sealed. */
export interface StoredOidcProvider {
  readonly config: OidcProviderConfig;
  readonly sealedSecret: Buffer | null;
}

/** What operators set of the providers of a pool. Reading them is a part of the pool's configuration. */
export interface OidcSettingsStore {
  transaction<T>(work: (tx: OidcSettingsStore) => Promise<T>): Promise<T>;
  /** Locked against other changes of it. */
  lockProvider(poolId: PoolId, id: string): Promise<StoredOidcProvider | null>;
  countProviders(poolId: PoolId): Promise<number>;
  saveProvider(poolId: PoolId, provider: StoredOidcProvider, at: Date): Promise<void>;
  /** @returns False when there is none. */
  removeProvider(poolId: PoolId, id: string): Promise<boolean>;
  /** With the pool's configuration version at the moment of reading: its keys of then, or later ones, open it. */
  findSecret(
    poolId: PoolId,
    id: string,
  ): Promise<{ readonly sealedSecret: Buffer | null; readonly configVersion: number } | null>;
  /** As in `OrganisationStore`. */
  raiseConfigVersion(poolId: PoolId): Promise<void>;
  record(stamp: Unplaced, event: AuditEvent): Promise<void>;
}
