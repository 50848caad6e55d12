import { DEFAULT_LOCAL } from '../../../core/identify/config.ts';
import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Trip } from '../line.ts';
import { usernameOf } from './attributes.ts';
import type { CognitoClient } from './client.ts';
import { meetsPolicy } from './password-policy.ts';
import { secretHashOf } from './secret-hash.ts';

type Needs = { readonly settings: CognitoSettings; readonly client: CognitoClient };

/**
 * Cognito's own policy counts in the end; an emulator has none, and whoever breaks ours hears of it without a request.
 * @throws ProviderError `invalid_password`.
 */
export function requirePolicy({ passwordPolicy }: CognitoSettings, password: string): void {
  if (!meetsPolicy({ ...DEFAULT_LOCAL.passwordPolicy, ...passwordPolicy }, password))
    throw new ProviderError('invalid_password', { fields: { password: 'breaks the password policy' } });
}

/** @throws ProviderError `invalid_credentials`: the previous password is wrong. */
export async function changePassword(
  { settings, client }: Needs,
  trip: Trip,
  input: { readonly access: string; readonly previousPassword: string; readonly password: string },
): Promise<void> {
  const { access, previousPassword, password } = input;
  const command = { AccessToken: access, PreviousPassword: previousPassword, ProposedPassword: password };
  await client.at('change_password', trip, async (send, sdk) => {
    try {
      return await send(new sdk.ChangePasswordCommand(command));
    } catch (error) {
      // Cognito means the new one, by a policy of its own; an emulator means the previous one.
      const isPrevious = error instanceof sdk.InvalidPasswordException && isEmulated(settings);
      throw isPrevious ? new ProviderError('invalid_credentials') : error;
    }
  });
}

/** Sends a code; to nobody, where there is no such user, which looks the same. */
export async function sendCode({ settings, client }: Needs, trip: Trip, email: string): Promise<void> {
  await client.at('forgot', trip, async (send, sdk) => {
    try {
      await send(new sdk.ForgotPasswordCommand(userOf(settings, email)));
    } catch (error) {
      // The second: no address that a code could go to.
      const isNobody =
        error instanceof sdk.UserNotFoundException || error instanceof sdk.InvalidParameterException;
      if (!isNobody) throw error;
    }
  });
}

export async function confirmCode(
  { settings, client }: Needs,
  trip: Trip,
  { email, code, password }: { readonly email: string; readonly code: string; readonly password: string },
): Promise<void> {
  const user = userOf(settings, email);
  await client.at('confirm_forgot', trip, (send, sdk) =>
    send(new sdk.ConfirmForgotPasswordCommand({ ...user, ConfirmationCode: code, Password: password })),
  );
}

function isEmulated({ endpoint }: CognitoSettings): boolean {
  return endpoint !== undefined && URL.parse(endpoint)?.hostname.endsWith('.amazonaws.com') !== true;
}

function userOf({ clientId, clientSecret }: CognitoSettings, email: string) {
  const Username = usernameOf(email);
  const SecretHash = clientSecret === undefined ? null : secretHashOf(clientSecret, Username, clientId);
  return { ClientId: clientId, Username, ...(SecretHash === null ? {} : { SecretHash }) };
}
