import type { AttributeType } from '@aws-sdk/client-cognito-identity-provider';
import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Trip } from '../line.ts';
import type { CognitoClient } from './client.ts';
import { secretHashOf } from './secret-hash.ts';

/**
 * Signs somebody up. With `autoConfirm` the account is confirmed at once and its e-mail counts as verified; without,
 * that is up to the user pool.
 *
 * @returns The new user's `sub`.
 * @throws ProviderError `provider_error` also when only the confirmation failed: the account is there then.
 */
export async function register(
  { settings, client }: { readonly settings: CognitoSettings; readonly client: CognitoClient },
  trip: Trip,
  account: {
    readonly username: string;
    readonly password: string;
    readonly attributes: readonly AttributeType[];
  },
): Promise<string> {
  const { clientId, clientSecret, userPoolId, autoConfirm = false } = settings;
  const { username, password, attributes } = account;
  const { UserSub } = await client.at('register', trip, (send, sdk) =>
    send(
      new sdk.SignUpCommand({
        ...{ ClientId: clientId, Username: username, Password: password, UserAttributes: [...attributes] },
        ...(clientSecret === undefined ? {} : { SecretHash: secretHashOf(clientSecret, username, clientId) }),
      }),
    ),
  );
  if (UserSub === undefined) throw new ProviderError('provider_error', { detail: 'cognito gave no sub' });
  if (autoConfirm) {
    const account = { UserPoolId: userPoolId, Username: username };
    // The second only together with the first.
    const UserAttributes = [
      { Name: 'email', Value: username },
      { Name: 'email_verified', Value: 'true' },
    ];
    await client.at('confirm_account', trip, async (send, sdk) => {
      await send(new sdk.AdminConfirmSignUpCommand(account));
      await send(new sdk.AdminUpdateUserAttributesCommand({ ...account, UserAttributes }));
    });
  }
  return UserSub;
}
