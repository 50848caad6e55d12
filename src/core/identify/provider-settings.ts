/** What a new password must have beside what every password of the record must (contract identify 4.2). */
export interface PasswordPolicy {
  readonly minLength: number;
  readonly upper: boolean;
  readonly lower: boolean;
  readonly digit: boolean;
  readonly symbol: boolean;
}

/** What operators set of a provider outside. Holds secrets: stored sealed, shown nowhere. */
export type OutsideSettings =
  | CognitoSettings
  | OpenIdSettings
  | GoogleSettings
  | FacebookSettings
  | TwitterSettings;

export type OutsideKind = OutsideSettings['kind'];

interface Common {
  /** For a whole call, its retry included. Default 2500, so that a check is answered within 3 s (contract identify 6). */
  readonly timeoutMs?: number;
}

export const COGNITO_FLOWS = ['USER_PASSWORD_AUTH', 'USER_SRP_AUTH', 'ADMIN_USER_PASSWORD_AUTH'] as const;
export type CognitoFlow = (typeof COGNITO_FLOWS)[number];

/** Contract identify 4.1, backend `aws`; the backend `local` is no provider outside. */
export interface CognitoSettings extends Common {
  readonly kind: 'cognito';
  readonly region: string;
  /** In place of the region's own; an emulator's, for one. */
  readonly endpoint?: string;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  /** Default `USER_PASSWORD_AUTH`. */
  readonly authFlow?: CognitoFlow;
  /** For what only administrators may: `autoConfirm` and `ADMIN_USER_PASSWORD_AUTH`. Looked up nowhere else. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly autoConfirm?: boolean;
  /** Whether the refresh token is revoked where a provider cannot end all sessions at once; default true. */
  readonly revokeOnLogout?: boolean;
  /** Set where the client rotates refresh tokens: Cognito wants another command then. */
  readonly rotatesRefreshTokens?: boolean;
  /** Of access tokens, where it is neither AWS's nor `{endpoint}/{userPoolId}`; an emulator's, for one. */
  readonly issuer?: string;
  /** Of new passwords, checked before they are sent; what is not named is as Cognito has it by default. */
  readonly passwordPolicy?: Partial<PasswordPolicy>;
}

/** How tokens are proved: by published keys, by one key, or by asking the provider with the token. */
export const VALIDATIONS = ['jwks', 'publicKey', 'endpoint'] as const;
export type Validation = (typeof VALIDATIONS)[number];

/** Which claim says what; a name that holds dots is first looked for as it is, then as steps. */
export interface ClaimNames {
  readonly subject?: string;
  readonly email?: string;
  readonly nickname?: string;
  readonly username?: string;
  readonly countryCode?: string;
  readonly ageVerified?: string;
}

/** `authZero`, and any provider of an operator's own (contract identify 4.3). */
export interface OpenIdSettings extends Common {
  readonly kind: 'openid';
  /** An origin and maybe a path; a slash at its end makes no difference. Auth0's is `https://{domain}/`. */
  readonly issuer: string;
  /** Tokens must be meant for it; `clientId` where there is none. One of both is needed unless `validation` is `endpoint`. */
  readonly audience?: string;
  readonly clientId?: string;
  /** Default `jwks`. */
  readonly validation?: Validation;
  /** Default: as the provider's discovery document says. */
  readonly jwksUri?: string;
  /** SPKI, RSA or P-256. */
  readonly publicKeyPem?: string;
  /** Default: as the provider's discovery document says. */
  readonly userinfoUrl?: string;
  readonly claims?: ClaimNames;
  /** A cookie whose value is the token, in place of the bearer. */
  readonly cookieName?: string;
  /** Auth0's management interface: what we keep is written there too. */
  readonly management?: {
    readonly clientId: string;
    readonly clientSecret: string;
    /** Default `{issuer}/api/v2/`, which is also where it is. */
    readonly audience?: string;
    /** Whether a change fails when it cannot be written there; default false. */
    readonly required?: boolean;
  };
}

/** Contract identify 4.4. */
export interface GoogleSettings extends Common {
  readonly kind: 'google';
  readonly clientIds: readonly string[];
  readonly jwksUri?: string;
  readonly tokeninfoUrl?: string;
  readonly userinfoUrl?: string;
  /** Only accounts of this Workspace domain. */
  readonly hostedDomain?: string;
}

/** Contract identify 4.5. */
export interface FacebookSettings extends Common {
  readonly kind: 'facebook';
  readonly appId: string;
  readonly appSecret: string;
  /** Default `https://graph.facebook.com`. */
  readonly graphUrl?: string;
  /** Default `v25.0`. */
  readonly graphVersion?: string;
  /** Tokens of Limited Login, which are ID tokens. */
  readonly limitedLogin?: { readonly jwksUri?: string; readonly issuer?: string };
}

/** Contract identify 4.6. */
export interface TwitterSettings extends Common {
  readonly kind: 'twitter';
  /** Default `https://api.x.com`. */
  readonly apiUrl?: string;
  /** Default `oauth2`. */
  readonly mode?: 'oauth2' | 'oauth1';
  /** Both for `oauth1`, where a token is `token:tokenSecret`. */
  readonly consumerKey?: string;
  readonly consumerSecret?: string;
}
