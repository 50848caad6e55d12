import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Trip } from '../line.ts';
import type { CognitoClient } from './client.ts';
import { isNothingToRevoke, isUnsupported } from './failures.ts';

/** @param login.refreshTokens Asked for only where they are needed. @throws ProviderError */
export type SignOut = (
  trip: Trip,
  login: { readonly access: string; readonly refreshTokens: () => Promise<readonly string[]> },
) => Promise<void>;

/**
 * Ends all sessions of a user. Where that command is not known, which is so with an emulator, their refresh tokens are
 * revoked, unless `revokeOnLogout` is false; access tokens are the caller's to refuse.
 */
export function createSignOut({
  settings,
  client,
}: {
  readonly settings: CognitoSettings;
  readonly client: CognitoClient;
}): SignOut {
  const { clientId, clientSecret, revokeOnLogout = true } = settings;
  // An emulator answers what it does not know with 500: asked each time, that would open the circuit.
  let endsAll = true;

  async function revoke(trip: Trip, token: string): Promise<void> {
    const Secret = clientSecret === undefined ? {} : { ClientSecret: clientSecret };
    await client.at('logout', trip, (send, sdk) =>
      send(new sdk.RevokeTokenCommand({ Token: token, ClientId: clientId, ...Secret })).then(
        () => {},
        unlessOver,
      ),
    );
  }

  return async (trip, { access, refreshTokens }) => {
    if (endsAll)
      endsAll = await client.at('logout', trip, (send, sdk) =>
        send(new sdk.GlobalSignOutCommand({ AccessToken: access })).then(() => true, unlessUnsupported),
      );
    if (endsAll || !revokeOnLogout) return;
    // One after the other: a Cognito that fails is asked no more, and its circuit counts one failure.
    for (const token of await refreshTokens()) await revoke(trip, token);
  };
}

/** What ended by itself, or before, must not keep anybody from logging out. */
function unlessOver(error: unknown): void {
  if (!isNothingToRevoke(error)) throw error;
}

function unlessUnsupported(error: unknown): false {
  if (!isUnsupported(error)) throw error;
  return false;
}
