import type { Deps } from '../../core/deps.ts';
import { InternalFault } from '../../core/errors.ts';
import type { OpenSettings } from '../../core/identify/config.ts';
import { checkLocally } from '../../core/identify/local/bearer.ts';
import { checkOutside } from '../../core/identify/outside/check-outside.ts';
import { needsUserId } from '../../core/identify/pairs.ts';
import type { SessionBlock } from '../../core/identify/session-block.ts';
import { localAccount, type UserView, viewUser } from '../../core/identify/user.ts';
import { type ReplyOptions, replyWith } from '../../http/route.ts';
import { bearerOf, type Call } from './calls.ts';
import { Fields } from './fields.ts';
import { succeed } from './replies.ts';
import { showNonstandard, showOutside, showOwn, showSession } from './show.ts';
import type { TokenCookies } from './token-cookies.ts';
import { outsideToken } from './tokens.ts';
import { outsideIn } from './users.ts';

/** Handlers of checks (contract identify 3.10). In each reply `accessToken` is the token that was presented. */
export function checkHandlers(deps: Deps, cookies: TokenCookies) {
  return {
    async check(call: Call) {
      const { project, caller, pair } = call;
      const { provider, name } = pair;
      const token =
        provider.type === 'outside' ? outsideToken(call, provider.settings) : bearerOf(call.request);
      const fields = new Fields();
      if (call.named.deviceId === undefined) fields.missing('deviceId');
      const deviceId = fields.uuid(call.named.deviceId, 'deviceId') ?? '';
      fields.done();
      if (provider.type !== 'outside') {
        const { opened, block } = await checkLocally(deps, project, { token, deviceId, caller });
        const user = await viewUser(deps, project, opened, localAccount(project, opened.stored.id));
        return succeed(call, 'check', { ...showOwn(user), ...showSession(block), accessToken: token });
      }
      const { user, block, options } = await checkAt(deps, cookies, call, {
        ...{ settings: provider.settings, token, deviceId },
      });
      const shown = name === 'awsCognito' ? showOwn(user) : showOutside(user);
      const session = block === null ? {} : showSession(block);
      return replyWith(succeed(call, 'check', { ...shown, ...session, accessToken: token }), options);
    },

    async checkNonstandard(call: Call) {
      const { pair, named } = call;
      const { provider } = pair;
      if (provider.type !== 'outside') throw new InternalFault('a pair without a provider outside');
      const { settings } = provider;
      const presented = outsideToken(call, settings);
      const fields = new Fields();
      const token =
        named.accessToken === undefined ? presented : fields.token(named.accessToken, 'accessToken');
      const deviceId = fields.uuid(named.deviceId, 'deviceId');
      const userId = fields.userId(named.userId, { isNeeded: needsUserId(pair) });
      fields.done();
      const input = { settings, token, deviceId, ...(userId === undefined ? {} : { userId }) };
      const { user, block, options } = await checkAt(deps, cookies, call, input);
      const session = block === null ? {} : { ...showSession(block), accessToken: token };
      return replyWith(succeed(call, 'checkNonstandard', { ...showNonstandard(user), ...session }), options);
    },
  };
}

/** A check by a provider outside, with what else its reply carries. */
async function checkAt(
  deps: Deps,
  cookies: TokenCookies,
  call: Call,
  input: {
    readonly settings: OpenSettings;
    readonly token: string;
    readonly deviceId: string | null;
    readonly userId?: string;
  },
): Promise<{ user: UserView; block: SessionBlock | null; options: ReplyOptions }> {
  const { settings, ...presented } = input;
  const { project, caller } = call;
  cookies.watch(call, settings, input.token);
  const outside = outsideIn(deps, call, settings);
  const checked = await checkOutside(deps, project, outside, { ...presented, caller });
  const { account, opened, block, expiresAt } = checked;
  const user = await viewUser(deps, project, opened, account);
  const { token } = input;
  return { user, block, options: { cookies: cookies.renewed(call, settings, { token, expiresAt }) } };
}
