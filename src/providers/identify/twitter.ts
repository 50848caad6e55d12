import { randomBytes } from 'node:crypto';
import { ProviderError } from '../../core/identify/provider-errors.ts';
import type { OutsideProvider, VerifiedUser } from '../../core/identify/provider-ports.ts';
import type { TwitterSettings } from '../../core/identify/provider-settings.ts';
import type { Clock } from '../../core/ports.ts';
import { failureOf, isObject, type JsonObject, objectIn, subjectIn, textIn } from './answers.ts';
import type { Line, Trip } from './line.ts';
import { oauth1Header } from './oauth1.ts';
import { createRecent } from './recent.ts';

const API_URL = 'https://api.x.com';
const FIELDS = 'id,name,username,profile_image_url,confirmed_email';
const KEPT_MS = 60_000;

/**
 * X says who bears a token of a person; one of an app alone is refused by it.
 * @see Contract identify 4.6; https://docs.x.com/x-api/users/get-my-user
 */
export function createTwitter(settings: TwitterSettings, line: Line, clock: Clock): OutsideProvider {
  const base = (settings.apiUrl ?? API_URL).replace(/\/$/, '');
  const recent = createRecent<VerifiedUser>(clock);

  async function ask(url: string, authorization: string, trip: Trip): Promise<JsonObject> {
    const response = await trip.send({
      ...{ method: 'GET', url },
      headers: { accept: 'application/json', authorization },
    });
    if (response.status === 401 || response.status === 403)
      throw new ProviderError('invalid_token', { detail: 'refused by x' });
    if (response.status !== 200) throw failureOf(response, clock);
    return objectIn(response);
  }

  async function readOAuth2(token: string, trip: Trip): Promise<VerifiedUser> {
    const url = `${base}/2/users/me?user.fields=${FIELDS}`;
    const { data } = await ask(url, `Bearer ${token}`, trip);
    if (!isObject(data)) throw new ProviderError('provider_error', { detail: 'x tells of nobody' });
    const { id, name, username, confirmed_email: email } = data;
    return userIn({ id, name, username, email });
  }

  async function readOAuth1(token: string, trip: Trip): Promise<VerifiedUser> {
    const url = `${base}/1.1/account/verify_credentials.json?include_email=true`;
    const me = await ask(url, signed(token, url), trip);
    const { id_str: id, name, screen_name: username, email } = me;
    return userIn({ id, name, username, email });
  }

  /** @throws ProviderError `invalid_token`: the token is not `token:tokenSecret`. */
  function signed(pair: string, url: string): string {
    const { consumerKey = '', consumerSecret = '' } = settings;
    const [token = '', tokenSecret = '', ...rest] = pair.split(':');
    if (token === '' || tokenSecret === '' || rest.length > 0)
      throw new ProviderError('invalid_token', { detail: 'no token with its secret' });
    const [nonce, timestamp] = [randomBytes(16).toString('hex'), Math.floor(clock.now().getTime() / 1000)];
    const keys = { consumerKey, consumerSecret, token, tokenSecret };
    return oauth1Header(keys, { method: 'GET', url, nonce, timestamp });
  }

  return {
    async verify(token, { userId } = {}) {
      const trip = line.begin();
      const read = settings.mode === 'oauth1' ? readOAuth1 : readOAuth2;
      const user = await recent.of(token, () => read(token, trip), KEPT_MS);
      if (userId !== undefined && userId !== user.subject) throw new ProviderError('user_mismatch');
      return user;
    },
  };
}

/** Both interfaces give an e-mail only when it was confirmed. */
function userIn(me: Record<'id' | 'name' | 'username' | 'email', unknown>): VerifiedUser {
  const [nickname, username, email] = [textIn(me.name), textIn(me.username), textIn(me.email)];
  return {
    ...{ issuer: 'x', subject: subjectIn(me.id), attributes: {}, expiresAt: null, tokenId: null },
    ...(nickname === null ? {} : { nickname }),
    ...(username === null ? {} : { username }),
    ...(email === null ? {} : { email }),
    emailIsVerified: email !== null,
  };
}
