import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Trip } from '../line.ts';
import type { CognitoClient } from './client.ts';
import { isUnsupported } from './failures.ts';

/** @throws ProviderError */
export type SignOut = (
  trip: Trip,
  tokens: { readonly access: string; readonly refresh: string | null },
) => Promise<void>;

/**
 * Ends all sessions of a user. Where that command is not known, which is so with an emulator, the refresh token at hand
 * is revoked; access tokens are the caller's to refuse.
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
      send(new sdk.RevokeTokenCommand({ Token: token, ClientId: clientId, ...Secret })),
    );
  }

  return async (trip, { access, refresh }) => {
    if (endsAll)
      endsAll = await client.at('logout', trip, (send, sdk) =>
        send(new sdk.GlobalSignOutCommand({ AccessToken: access })).then(() => true, unlessUnsupported),
      );
    if (!endsAll && refresh !== null && revokeOnLogout) await revoke(trip, refresh);
  };
}

function unlessUnsupported(error: unknown): false {
  if (!isUnsupported(error)) throw error;
  return false;
}
