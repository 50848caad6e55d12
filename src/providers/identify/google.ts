import { ProviderError } from '../../core/identify/provider-errors.ts';
import type { OutsideProvider, VerifiedUser } from '../../core/identify/provider-ports.ts';
import type { GoogleSettings } from '../../core/identify/provider-settings.ts';
import type { Clock } from '../../core/ports.ts';
import { failureOf, type JsonObject, objectIn, subjectIn, textIn } from './answers.ts';
import { createKeySet } from './key-set.ts';
import type { Line, Trip } from './line.ts';
import { endOf, idOf, isJwt, readToken } from './read-token.ts';
import { createRecent } from './recent.ts';

const ISSUER = 'accounts.google.com';
const ISSUERS = [ISSUER, `https://${ISSUER}`];
const PLACES = {
  jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
  tokeninfoUrl: 'https://oauth2.googleapis.com/tokeninfo',
  userinfoUrl: 'https://openidconnect.googleapis.com/v1/userinfo',
};
const KEPT_MS = 60_000;

/**
 * ID tokens are checked here, by Google's keys; of access tokens Google says whose they are and for which client.
 * @see Contract identify 4.4; https://developers.google.com/identity/openid-connect/openid-connect
 */
export function createGoogle(settings: GoogleSettings, line: Line, clock: Clock): OutsideProvider {
  const { clientIds, hostedDomain } = settings;
  const places = { ...PLACES, ...settings };
  const keys = createKeySet(clock, async () => places.jwksUri);
  const recent = createRecent<VerifiedUser>(clock);

  async function readIdToken(token: string, trip: Trip): Promise<VerifiedUser> {
    const rules = { key: keys.during(trip), issuers: ISSUERS, audiences: clientIds };
    const claims = await readToken(clock, token, rules);
    return userIn(claims, { expiresAt: endOf(claims), tokenId: idOf(claims) });
  }

  async function readAccessToken(token: string, trip: Trip): Promise<VerifiedUser> {
    const url = new URL(places.tokeninfoUrl);
    url.searchParams.set('access_token', token);
    const { aud, azp, sub, expires_in: left } = await ask(url.href, {}, trip);
    const isForUs = [aud, azp].some((client) => typeof client === 'string' && clientIds.includes(client));
    if (!isForUs) throw new ProviderError('invalid_token', { detail: 'for another client' });
    const seconds = Number(left);
    if (!(seconds > 0)) throw new ProviderError('token_expired');
    const claims = await ask(places.userinfoUrl, { authorization: `Bearer ${token}` }, trip);
    // Tokens without the scope `openid` have no subject in the first answer.
    if (sub !== undefined && sub !== claims.sub)
      throw new ProviderError('invalid_token', { detail: 'userinfo is of somebody else' });
    const expiresAt = new Date(clock.now().getTime() + seconds * 1000);
    return userIn(claims, { expiresAt, tokenId: null });
  }

  /** Google answers 400 about a token that is none. */
  async function ask(url: string, headers: Record<string, string>, trip: Trip): Promise<JsonObject> {
    const response = await trip.send({
      ...{ method: 'GET', url },
      headers: { accept: 'application/json', ...headers },
    });
    if ([400, 401, 403].includes(response.status))
      throw new ProviderError('invalid_token', { detail: 'refused by google' });
    if (response.status !== 200) throw failureOf(response, clock);
    return objectIn(response);
  }

  function userIn(
    claims: JsonObject,
    token: { readonly expiresAt: Date | null; readonly tokenId: string | null },
  ): VerifiedUser {
    if (hostedDomain !== undefined && claims.hd !== hostedDomain)
      throw new ProviderError('invalid_token', { detail: 'of another Workspace domain' });
    const nickname = textIn(claims.name);
    const isVerified = claims.email_verified === true || claims.email_verified === 'true';
    const email = isVerified ? textIn(claims.email) : null;
    return {
      ...{ issuer: ISSUER, subject: subjectIn(claims.sub), attributes: {}, emailIsVerified: email !== null },
      ...(email === null ? {} : { email }),
      ...(nickname === null ? {} : { nickname }),
      ...token,
    };
  }

  return {
    async verify(token, { userId } = {}) {
      const trip = line.begin();
      const user = isJwt(token)
        ? await readIdToken(token, trip)
        : await recent.of(token, () => readAccessToken(token, trip), KEPT_MS);
      if (userId !== undefined && userId !== user.subject) throw new ProviderError('user_mismatch');
      return user;
    },
  };
}
