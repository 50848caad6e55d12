import { createHmac } from 'node:crypto';
import { ProviderError, type ProviderErrorCode } from '../../core/identify/provider-errors.ts';
import type { OutsideProvider, VerifiedUser } from '../../core/identify/provider-ports.ts';
import type { FacebookSettings } from '../../core/identify/provider-settings.ts';
import type { Clock } from '../../core/ports.ts';
import { failureOf, isObject, type JsonObject, objectIn, subjectIn, textIn } from './answers.ts';
import { createKeySet } from './key-set.ts';
import type { Line, Trip } from './line.ts';
import { endOf, idOf, isJwt, readToken } from './read-token.ts';
import { createRecent } from './recent.ts';

const GRAPH = { graphUrl: 'https://graph.facebook.com', graphVersion: 'v25.0' };
const LIMITED_LOGIN = {
  jwksUri: 'https://limited.facebook.com/.well-known/oauth/openid/jwks/',
  issuer: 'https://www.facebook.com',
};
const KEPT_MS = 60_000;

/** Codes of the Graph interface; others are its own trouble. */
const GRAPH_ERRORS: { readonly [code: number]: ProviderErrorCode } = {
  190: 'invalid_token',
  4: 'limit_exceeded',
  17: 'limit_exceeded',
  32: 'limit_exceeded',
  613: 'limit_exceeded',
};

/**
 * Access tokens are asked about with the app's own, and then used with proof that we hold the app's secret. Tokens of
 * Limited Login are ID tokens and are checked here.
 *
 * @see Contract identify 4.5; https://developers.facebook.com/docs/facebook-login/security
 */
export function createFacebook(settings: FacebookSettings, line: Line, clock: Clock): OutsideProvider {
  const { appId, appSecret } = settings;
  const { graphUrl, graphVersion } = { ...GRAPH, ...settings };
  const base = `${graphUrl.replace(/\/$/, '')}/${graphVersion}`;
  const limited = { ...LIMITED_LOGIN, ...settings.limitedLogin };
  const keys = createKeySet(clock, async () => limited.jwksUri);
  const recent = createRecent<VerifiedUser>(clock);

  async function ask(path: string, query: Record<string, string>, trip: Trip): Promise<JsonObject> {
    const url = `${base}${path}?${new URLSearchParams(query)}`;
    const response = await trip.send({ method: 'GET', url, headers: { accept: 'application/json' } });
    if (response.status === 200) return objectIn(response);
    if (response.status === 429) throw failureOf(response, clock);
    const { error } = objectIn(response);
    const code = isObject(error) ? Number(error.code) : Number.NaN;
    throw new ProviderError(GRAPH_ERRORS[code] ?? 'provider_error', { detail: `graph error ${code}` });
  }

  /** When the token ends; `invalid_token` unless it is a person's, and for this app. */
  async function inspect(token: string, trip: Trip): Promise<{ subject: string; expiresAt: Date | null }> {
    const query = { input_token: token, access_token: `${appId}|${appSecret}` };
    const { data } = await ask('/debug_token', query, trip);
    const said = isObject(data) ? data : {};
    const isOurs = said.is_valid === true && textIn(said.app_id) === appId && said.type === 'USER';
    if (!isOurs) throw new ProviderError('invalid_token', { detail: 'refused by facebook' });
    const seconds = Number(said.expires_at);
    const expiresAt = seconds === 0 ? null : new Date(seconds * 1000);
    if (Number.isNaN(seconds) || (expiresAt !== null && expiresAt <= clock.now()))
      throw new ProviderError('token_expired');
    return { subject: subjectIn(said.user_id), expiresAt };
  }

  async function readAccessToken(token: string, trip: Trip): Promise<VerifiedUser> {
    const { subject, expiresAt } = await inspect(token, trip);
    const query = { fields: 'id,name,email', access_token: token };
    const me = await ask('/me', { ...query, appsecret_proof: appSecretProof(appSecret, token) }, trip);
    if (textIn(me.id) !== subject)
      throw new ProviderError('invalid_token', { detail: 'facebook tells of somebody else' });
    return userIn(me, { issuer: appId, subject, expiresAt, tokenId: null });
  }

  async function readLimited(token: string, trip: Trip): Promise<VerifiedUser> {
    const { issuer } = limited;
    const rules = { key: keys.during(trip), issuers: [issuer, `${issuer}/`], audiences: [appId] };
    const claims = await readToken(clock, token, rules);
    const who = { issuer: appId, subject: subjectIn(claims.sub) };
    return userIn(claims, { ...who, expiresAt: endOf(claims), tokenId: idOf(claims) });
  }

  return {
    async verify(token, { userId } = {}) {
      const trip = line.begin();
      const user = isJwt(token)
        ? await readLimited(token, trip)
        : await recent.of(token, () => readAccessToken(token, trip), KEPT_MS);
      if (userId !== undefined && userId !== user.subject) throw new ProviderError('user_mismatch');
      return user;
    },
  };
}

/** Shows with each request that it comes from who holds the app's secret. */
export function appSecretProof(appSecret: string, accessToken: string): string {
  return createHmac('sha256', appSecret).update(accessToken).digest('hex');
}

/** Facebook does not say whether an e-mail was proved. */
function userIn(
  { name, email }: JsonObject,
  who: Pick<VerifiedUser, 'issuer' | 'subject' | 'expiresAt' | 'tokenId'>,
): VerifiedUser {
  const [nickname, address] = [textIn(name), textIn(email)];
  return {
    ...{ ...who, attributes: {}, emailIsVerified: false },
    ...(nickname === null ? {} : { nickname }),
    ...(address === null ? {} : { email: address }),
  };
}
