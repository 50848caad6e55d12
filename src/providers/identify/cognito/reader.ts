import type { VerifiedUser } from '../../../core/identify/provider-ports.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Clock } from '../../../core/ports.ts';
import type { Trip } from '../line.ts';
import { endOf, idOf } from '../read-token.ts';
import { createRecent } from '../recent.ts';
import { profileIn } from './attributes.ts';
import type { CognitoClient } from './client.ts';
import type { AccessTokens } from './tokens.ts';

/** Cognito is asked about one token once in this time. */
const KEPT_MS = 60_000;

/** Who bears a token. */
export interface Reader {
  /** @throws ProviderError `invalid_token` also of one that was signed out. */
  read(token: string, trip: Trip): Promise<VerifiedUser>;
  /** After a change of what Cognito keeps, and when a token is over. */
  forget(token: string): void;
}

/** The token is checked here, then Cognito is asked, which knows whether it was signed out. */
export function createReader({
  settings,
  client,
  accessTokens,
  clock,
}: {
  readonly settings: CognitoSettings;
  readonly client: CognitoClient;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
}): Reader {
  const recent =
    createRecent<Pick<VerifiedUser, 'email' | 'emailIsVerified' | 'nickname' | 'attributes'>>(clock);
  return {
    async read(token, trip) {
      const claims = await accessTokens.read(token, trip);
      const ask = async () => {
        const { UserAttributes = [] } = await client.at(
          'read',
          trip,
          (send, sdk) => send(new sdk.GetUserCommand({ AccessToken: token })),
          { isRead: true },
        );
        return profileIn(UserAttributes);
      };
      const profile = await recent.of(token, ask, KEPT_MS);
      const { userPoolId: issuer } = settings;
      return { issuer, subject: claims.sub, ...profile, expiresAt: endOf(claims), tokenId: idOf(claims) };
    },
    forget: (token) => recent.forget(token),
  };
}
