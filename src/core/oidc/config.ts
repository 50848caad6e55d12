/** How this server shows a provider that it is the client it says: by a secret, or not at all. */
export const CLIENT_AUTHS = ['client_secret_basic', 'client_secret_post', 'none'] as const;
export type ClientAuth = (typeof CLIENT_AUTHS)[number];

export const CLAIM_SOURCES = ['id_token', 'userinfo'] as const;

/** What one claim becomes in an identity. */
export interface ClaimRule {
  /** Its name; of one within another: both with a dot between (`address.locality`). */
  readonly claim: string;
  /** Where in the traits it goes, steps with dots between: `name.first`. */
  readonly trait: string;
  /** The claim that says that the person was seen to have that address: `email_verified`. */
  readonly verifiedBy?: string;
}

/** One provider of a pool, as its operator set it; its secret is kept apart. */
export interface OidcProviderConfig {
  /** As requests, identifiers and the callback's address name it. */
  readonly id: string;
  readonly label: string;
  /** As its discovery document and its tokens spell it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientAuth: ClientAuth;
  readonly scopes: readonly string[];
  /** More parameters of the address where people sign in. */
  readonly parameters: { readonly [name: string]: string };
  /** Where claims are taken from; who somebody is always comes from the ID token. */
  readonly claimsFrom: (typeof CLAIM_SOURCES)[number];
  readonly mapping: readonly ClaimRule[];
  readonly isEnabled: boolean;
}

/** A pool's providers, in order of their ids. */
export interface OidcConfig {
  readonly providers: readonly OidcProviderConfig[];
}

export const DEFAULT_OIDC: OidcConfig = { providers: [] };
export const DEFAULT_SCOPES: readonly string[] = ['openid', 'email', 'profile'];

/** Standard claims (OpenID Connect Core 1.0 section 5.1) to the traits of the default schema. */
export const DEFAULT_MAPPING: readonly ClaimRule[] = [
  { claim: 'email', trait: 'email', verifiedBy: 'email_verified' },
  { claim: 'phone_number', trait: 'phone', verifiedBy: 'phone_number_verified' },
  { claim: 'given_name', trait: 'name.first' },
  { claim: 'family_name', trait: 'name.last' },
];

export function enabledProviders({ providers }: OidcConfig): readonly OidcProviderConfig[] {
  return providers.filter(({ isEnabled }) => isEnabled);
}
