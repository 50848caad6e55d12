import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type {
  OutsideProvider,
  ProviderTokens,
  RefreshTokensOf,
} from '../../../core/identify/provider-ports.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Clock } from '../../../core/ports.ts';
import type { Line, Trip } from '../line.ts';
import { attributesOf, usernameOf } from './attributes.ts';
import { createCognitoClient } from './client.ts';
import { changePassword, confirmCode, requirePolicy, sendCode } from './passwords.ts';
import { createReader } from './reader.ts';
import { refreshTokens } from './refresh.ts';
import { register } from './register.ts';
import { signIn } from './sign-in.ts';
import { createSignOut } from './sign-out.ts';
import { createAccessTokens } from './tokens.ts';

/**
 * A user pool of AWS Cognito, or an emulator of one, by the commands of contract identify 4.1. Access tokens are checked
 * here, then Cognito is asked about each once a minute.
 */
export function createCognito(
  settings: CognitoSettings,
  line: Line,
  clock: Clock,
): Required<OutsideProvider> {
  const client = createCognitoClient(settings, line);
  const accessTokens = createAccessTokens(settings, clock);
  const tools = { settings, client, clock, accessTokens };
  const reader = createReader(tools);
  const signOut = createSignOut(tools);
  const withUser = async (trip: Trip, tokens: ProviderTokens) => {
    return { user: await reader.read(tokens.access, trip), tokens };
  };

  /** Cognito leaves sessions as they are when a code sets a password; with that password they can be ended. */
  async function endAll(
    trip: Trip,
    login: { readonly username: string; readonly password: string },
    refreshTokensOf: RefreshTokensOf,
  ) {
    try {
      const { access, refresh } = await signIn(tools, trip, login);
      const { sub } = await accessTokens.read(access, trip);
      const user = { issuer: settings.userPoolId, subject: sub };
      await signOut(trip, { access, refreshTokens: async () => [refresh, ...(await refreshTokensOf(user))] });
      return user;
    } catch (error) {
      // A second factor, for one. The password is set.
      if (error instanceof ProviderError && error.problem === 'user_not_confirmed') return null;
      throw error;
    }
  }

  return {
    async verify(token, { userId } = {}) {
      const user = await reader.read(token, line.begin());
      if (userId !== undefined && userId !== user.subject) throw new ProviderError('user_mismatch');
      return user;
    },

    async register({ password, ...profile }) {
      requirePolicy(settings, password);
      const account = {
        username: usernameOf(profile.email),
        password,
        attributes: attributesOf(profile),
      };
      return { issuer: settings.userPoolId, subject: await register(tools, line.begin(), account) };
    },

    async login({ email, password }) {
      const trip = line.begin();
      return withUser(trip, await signIn(tools, trip, { username: usernameOf(email), password }));
    },

    async updateProfile(token, change) {
      const trip = line.begin();
      await accessTokens.read(token, trip);
      const UserAttributes = attributesOf(change);
      if (UserAttributes.length === 0) return;
      await client.at('update', trip, (send, sdk) =>
        send(new sdk.UpdateUserAttributesCommand({ AccessToken: token, UserAttributes })),
      );
      reader.forget(token);
    },

    async changePassword(token, { previousPassword, password, refreshTokensOf }) {
      const trip = line.begin();
      const { username } = await accessTokens.read(token, trip);
      // After this a refusal is the previous password's.
      const user = await reader.read(token, trip);
      requirePolicy(settings, password);
      await changePassword(tools, trip, { access: token, previousPassword, password });
      reader.forget(token);
      await signOut(trip, { access: token, refreshTokens: () => refreshTokensOf(user) });
      return withUser(trip, await signIn(tools, trip, { username, password }));
    },

    forgot: (email) => sendCode(tools, line.begin(), email),

    async confirmForgot(input) {
      const { email, password, refreshTokensOf } = input;
      const trip = line.begin();
      requirePolicy(settings, password);
      await confirmCode(tools, trip, input);
      return endAll(trip, { username: usernameOf(email), password }, refreshTokensOf);
    },

    async refresh(tokens) {
      const trip = line.begin();
      return withUser(trip, await refreshTokens(tools, trip, tokens));
    },

    async logout({ access, refreshTokensOf }) {
      const trip = line.begin();
      const user = await reader.read(access, trip);
      await signOut(trip, { access, refreshTokens: () => refreshTokensOf(user) });
      reader.forget(access);
      return user;
    },
  };
}
