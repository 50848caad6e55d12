import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { ProviderTokens } from '../../../core/identify/provider-ports.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Trip } from '../line.ts';
import type { CognitoClient } from './client.ts';
import { secretHash, tokensIn } from './sign-in.ts';
import type { AccessTokens } from './tokens.ts';

/**
 * New tokens for a refresh token. The access token that comes along may have run out; it names the user, of whom the new
 * one must be too.
 *
 * @throws ProviderError `invalid_token`: one of both is none, or they are two users'.
 */
export async function refreshTokens(
  {
    settings,
    client,
    accessTokens,
  }: {
    readonly settings: CognitoSettings;
    readonly client: CognitoClient;
    readonly accessTokens: AccessTokens;
  },
  trip: Trip,
  { access, refresh }: { readonly access: string; readonly refresh: string },
): Promise<ProviderTokens> {
  const { clientId, clientSecret, rotatesRefreshTokens = false } = settings;
  const { sub, username } = await accessTokens.readLate(access, trip);
  const result = await client.at('refresh', trip, async (send, sdk) => {
    if (rotatesRefreshTokens) {
      const ClientSecret = clientSecret === undefined ? {} : { ClientSecret: clientSecret };
      const command = { RefreshToken: refresh, ClientId: clientId, ...ClientSecret };
      return (await send(new sdk.GetTokensFromRefreshTokenCommand(command))).AuthenticationResult;
    }
    // The name in the secret hash is Cognito's own here, not the e-mail.
    const AuthParameters = { REFRESH_TOKEN: refresh, ...secretHash(settings, username) };
    const command = { AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId: clientId, AuthParameters } as const;
    return (await send(new sdk.InitiateAuthCommand(command))).AuthenticationResult;
  });
  const tokens = tokensIn(result, refresh);
  if ((await accessTokens.read(tokens.access, trip)).sub !== sub)
    throw new ProviderError('invalid_token', { detail: 'tokens of two users' });
  return tokens;
}
