import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Trip } from '../line.ts';
import type { CognitoClient } from './client.ts';
import { isUnsupported } from './failures.ts';

/**
 * Ends all sessions of a user. Where that command is not known, which is so with an emulator, the refresh token at hand
 * is revoked; access tokens are the caller's to refuse.
 */
export async function signOutEverywhere(
  { settings, client }: { readonly settings: CognitoSettings; readonly client: CognitoClient },
  trip: Trip,
  { access, refresh }: { readonly access: string; readonly refresh: string | null },
): Promise<void> {
  const { clientId, clientSecret, revokeOnLogout = true } = settings;
  await client.at('logout', trip, async (send, sdk) => {
    try {
      await send(new sdk.GlobalSignOutCommand({ AccessToken: access }));
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      if (refresh === null || !revokeOnLogout) return;
      const Secret = clientSecret === undefined ? {} : { ClientSecret: clientSecret };
      await send(new sdk.RevokeTokenCommand({ Token: refresh, ClientId: clientId, ...Secret }));
    }
  });
}
