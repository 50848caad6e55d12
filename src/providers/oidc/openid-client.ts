import * as openid from 'openid-client';
import { OpenIdFailed } from '../../core/oidc/errors.ts';
import type { OpenIdClient, OpenIdProvider, ProvenAccount } from '../../core/oidc/ports.ts';
import type { Clock } from '../../core/ports.ts';
import type { GuardedClient } from '../net/guarded-client.ts';
import { failureOf } from './failures.ts';
import { fetchOver } from './fetch-over.ts';

/** Discovery documents and keys are kept so long; a key that is not known is asked for anyway. */
const KEPT_MS = 10 * 60_000;
const ISSUERS_MAX = 1000;
/** A person waits. */
const TIMEOUT_MS = 10_000;
/** What clocks may differ by. */
const TOLERANCE_SECONDS = 60;

interface Known {
  readonly metadata: openid.ServerMetadata;
  readonly untilMs: number;
  keys: ReturnType<typeof openid.getJwksCache>;
}

interface Needs {
  readonly client: GuardedClient;
  readonly clock: Clock;
  /** For each request; default 10 s. */
  readonly timeoutMs?: number;
}

/** By openid-client, whose every request goes the one way out: checked addresses, no redirects, bounded. */
export function createOpenIdClient({ client, clock, timeoutMs = TIMEOUT_MS }: Needs): OpenIdClient {
  const fetch = fetchOver(client, timeoutMs);
  const known = new Map<string, Known>();

  async function discover({ issuer, clientId }: OpenIdProvider): Promise<Known> {
    const found = known.get(issuer);
    if (found !== undefined && found.untilMs > Date.now()) return found;
    const config = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), {
      [openid.customFetch]: fetch,
      execute: isPlain(issuer) ? [openid.allowInsecureRequests] : [],
    });
    const metadata = config.serverMetadata();
    const fresh: Known = { metadata, untilMs: Date.now() + KEPT_MS, keys: undefined };
    if (known.size >= ISSUERS_MAX) known.clear();
    known.set(issuer, fresh);
    return fresh;
  }

  /** Runs a step at a provider; whatever goes wrong is an `OpenIdFailed`. */
  async function at<Result>(
    provider: OpenIdProvider,
    step: (config: openid.Configuration) => Promise<Result>,
  ): Promise<Result> {
    try {
      const from = await discover(provider);
      const config = configure(provider, from.metadata, clock.now());
      config[openid.customFetch] = fetch;
      if (from.keys !== undefined) openid.setJwksCache(config, from.keys);
      const result = await step(config);
      from.keys = openid.getJwksCache(config) ?? from.keys;
      return result;
    } catch (error) {
      throw failureOf(error);
    }
  }

  return {
    authorizationUrl: (provider, { redirectUri, state, nonce, codeVerifier, mustAuthenticate }) =>
      at(provider, async (config) => {
        const url = openid.buildAuthorizationUrl(config, {
          ...provider.parameters,
          ...{ redirect_uri: redirectUri, scope: provider.scopes.join(' '), state, nonce },
          code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: 'S256',
          ...(mustAuthenticate ? { prompt: 'login', max_age: '0' } : {}),
        });
        const isSound = url.protocol === 'https:' || (url.protocol === 'http:' && isPlain(provider.issuer));
        if (!isSound) throw new OpenIdFailed('untrusted', 'authorization_endpoint_unsound');
        return url.href;
      }),

    redeem: (provider, { redirectUri, state, nonce, codeVerifier }, answer) =>
      at(provider, async (config) => {
        openid.enableNonRepudiationChecks(config);
        const url = new URL(redirectUri);
        for (const [name, value] of Object.entries(answer)) url.searchParams.append(name, value);
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier };
        const tokens = await openid.authorizationCodeGrant(config, url, { ...checks, idTokenExpected: true });
        const claims = soundClaims(tokens.claims(), clock.now());
        const { id_token: id = '', access_token: access, refresh_token: refresh = '' } = tokens;
        const more =
          provider.claimsFrom === 'userinfo' ? await openid.fetchUserInfo(config, access, claims.sub) : {};
        return { subject: claims.sub, claims: { ...claims, ...more }, tokens: { id, access, refresh } };
      }),

    readIdToken: (provider, { idToken, nonce }) =>
      at(provider, async (config) => {
        openid.useIdTokenResponseType(config);
        const url = new URL('https://localhost');
        url.hash = new URLSearchParams({ id_token: idToken }).toString();
        const claims = soundClaims(await openid.implicitAuthentication(config, url, nonce), clock.now());
        return { subject: claims.sub, claims, tokens: { id: idToken, access: '', refresh: '' } };
      }),
  };
}

function configure(
  { clientId, clientAuth, clientSecret, issuer }: OpenIdProvider,
  metadata: openid.ServerMetadata,
  now: Date,
): openid.Configuration {
  const clocks = {
    [openid.clockSkew]: Math.round((now.getTime() - Date.now()) / 1000),
    [openid.clockTolerance]: TOLERANCE_SECONDS,
  };
  const config = new openid.Configuration(metadata, clientId, clocks, authOf({ clientAuth, clientSecret }));
  if (isPlain(issuer)) openid.allowInsecureRequests(config);
  return config;
}

/** Where people sign in can be told without the secret. */
function authOf({
  clientAuth,
  clientSecret,
}: Pick<OpenIdProvider, 'clientAuth' | 'clientSecret'>): openid.ClientAuth {
  if (clientAuth === 'none' || clientSecret === null) return openid.None();
  return clientAuth === 'client_secret_post'
    ? openid.ClientSecretPost(clientSecret)
    : openid.ClientSecretBasic(clientSecret);
}

/**
 * What the library leaves open: a token that was issued in the future, and a subject that is none.
 * @throws OpenIdFailed
 */
function soundClaims(
  claims: openid.IDToken | undefined,
  now: Date,
): ProvenAccount['claims'] & { sub: string } {
  if (claims === undefined) throw new OpenIdFailed('untrusted', 'no_id_token');
  if (claims.iat > now.getTime() / 1000 + TOLERANCE_SECONDS)
    throw new OpenIdFailed('untrusted', 'issued_in_the_future');
  // OpenID Connect Core 1.0 section 2: at most 255 ASCII characters.
  if (!/^[\x20-\x7e]{1,255}$/.test(claims.sub)) throw new OpenIdFailed('untrusted', 'subject_malformed');
  return claims;
}

/** Only where an operator may name addresses without TLS does a provider have one. */
function isPlain(issuer: string): boolean {
  return issuer.startsWith('http:');
}
