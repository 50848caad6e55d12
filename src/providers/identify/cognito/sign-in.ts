import { randomBytes } from 'node:crypto';
import type {
  AuthenticationResultType,
  InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { ProviderTokens } from '../../../core/identify/provider-ports.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Clock } from '../../../core/ports.ts';
import type { Trip } from '../line.ts';
import type { CognitoClient } from './client.ts';
import { secretHashOf } from './secret-hash.ts';
import { SrpLogin, timestampOf } from './srp.ts';

const SRP_BYTES = 32;

type Needs = { readonly settings: CognitoSettings; readonly client: CognitoClient; readonly clock: Clock };
type Answer = Pick<
  InitiateAuthCommandOutput,
  'AuthenticationResult' | 'ChallengeName' | 'ChallengeParameters'
>;

/**
 * Logs in by the flow that is set. @throws ProviderError `user_not_confirmed` also where Cognito wants more than a
 * password: `fields.challenge` names it.
 */
export async function signIn(
  { settings, client, clock }: Needs,
  trip: Trip,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<ProviderTokens> {
  const { authFlow = 'USER_PASSWORD_AUTH', clientId, userPoolId } = settings;
  const named = { USERNAME: username, ...secretHash(settings, username) };
  const answer: Answer = await client.at('login', trip, async (send, sdk) => {
    if (authFlow === 'USER_SRP_AUTH') {
      const login = new SrpLogin(randomBytes(SRP_BYTES));
      const AuthParameters = { ...named, SRP_A: login.srpA };
      const start = new sdk.InitiateAuthCommand({ AuthFlow: authFlow, ClientId: clientId, AuthParameters });
      const asked = await send(start);
      if (asked.ChallengeName !== 'PASSWORD_VERIFIER') return asked;
      const ChallengeResponses = srpAnswer({ settings, login, password, at: clock.now() }, asked);
      return send(
        new sdk.RespondToAuthChallengeCommand({
          ...{ ChallengeName: 'PASSWORD_VERIFIER', ClientId: clientId, ChallengeResponses },
          ...(asked.Session === undefined ? {} : { Session: asked.Session }),
        }),
      );
    }
    const AuthParameters = { ...named, PASSWORD: password };
    if (authFlow === 'ADMIN_USER_PASSWORD_AUTH')
      return send(
        new sdk.AdminInitiateAuthCommand({
          ...{ AuthFlow: authFlow, ClientId: clientId, UserPoolId: userPoolId, AuthParameters },
        }),
      );
    return send(new sdk.InitiateAuthCommand({ AuthFlow: authFlow, ClientId: clientId, AuthParameters }));
  });
  if (answer.ChallengeName !== undefined) {
    const challenge = /^[A-Z_]{1,40}$/.test(answer.ChallengeName) ? answer.ChallengeName : 'unknown';
    throw new ProviderError('user_not_confirmed', { fields: { challenge } });
  }
  return tokensIn(answer.AuthenticationResult, null);
}

/** @param refresh What was presented, for a provider that gives no new one. @throws ProviderError */
export function tokensIn(
  result: AuthenticationResultType | undefined,
  refresh: string | null,
): ProviderTokens {
  const { AccessToken: access, IdToken: profile, RefreshToken = refresh } = result ?? {};
  if (access === undefined || profile === undefined || RefreshToken === null)
    throw new ProviderError('provider_error', { detail: 'cognito gave no tokens' });
  return { access, profile, refresh: RefreshToken };
}

/** Of a client that has a secret. */
export function secretHash(
  { clientId, clientSecret }: CognitoSettings,
  username: string,
): { SECRET_HASH?: string } {
  return clientSecret === undefined ? {} : { SECRET_HASH: secretHashOf(clientSecret, username, clientId) };
}

function srpAnswer(
  input: { settings: CognitoSettings; login: SrpLogin; password: string; at: Date },
  { ChallengeParameters = {} }: Answer,
): Record<string, string> {
  const { settings, login, password, at } = input;
  const { USER_ID_FOR_SRP: userId = '', SALT = '', SRP_B = '', SECRET_BLOCK = '' } = ChallengeParameters;
  const timestamp = timestampOf(at);
  const poolName = settings.userPoolId.split('_')[1] ?? '';
  const isWhole = /^[0-9a-f]+$/i.test(SALT) && /^[0-9a-f]+$/i.test(SRP_B) && userId !== '';
  const challenge = { userIdForSrp: userId, salt: SALT, srpB: SRP_B, secretBlock: SECRET_BLOCK };
  const claim = isWhole ? login.claim(challenge, { poolName, password, timestamp }) : null;
  if (claim === null) throw new ProviderError('provider_error', { detail: 'cognito’s challenge is unsound' });
  return {
    ...{ USERNAME: userId, PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK, PASSWORD_CLAIM_SIGNATURE: claim },
    ...{ TIMESTAMP: timestamp, ...secretHash(settings, userId) },
  };
}
