import type { Deps } from '../../core/deps.ts';
import { InternalFault } from '../../core/errors.ts';
import { checkLocally } from '../../core/identify/local/bearer.ts';
import { checkOutside } from '../../core/identify/outside/check-outside.ts';
import { localAccount, viewUser } from '../../core/identify/user.ts';
import { bearerOf, type Call } from './calls.ts';
import { Fields } from './fields.ts';
import { succeed } from './replies.ts';
import { showNonstandard, showOutside, showOwn, showSession } from './show.ts';
import { outsideToken } from './tokens.ts';
import { outsideIn } from './users.ts';

const USER_ID_MAX = 256;

/** Handlers of checks (contract identify 3.10). In each reply `accessToken` is the token that was presented. */
export function checkHandlers(deps: Deps) {
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
      const outside = outsideIn(deps, call, provider.settings);
      const { account, opened, block } = await checkOutside(deps, project, outside, {
        token,
        deviceId,
        caller,
      });
      const user = await viewUser(deps, project, opened, account);
      const shown = name === 'awsCognito' ? showOwn(user) : showOutside(user);
      return succeed(call, 'check', {
        ...shown,
        ...(block === null ? {} : showSession(block)),
        accessToken: token,
      });
    },

    async checkNonstandard(call: Call) {
      const { project, caller, pair, named } = call;
      const { provider, name } = pair;
      if (provider.type !== 'outside') throw new InternalFault('a pair without a provider outside');
      const presented = outsideToken(call, provider.settings);
      const fields = new Fields();
      const given =
        named.accessToken === undefined ? presented : fields.token(named.accessToken, 'accessToken');
      const deviceId = fields.uuid(named.deviceId, 'deviceId');
      const userId = fields.text(named.userId, 'userId', USER_ID_MAX);
      // A token of X does not say whose it is until it is asked for.
      if (name === 'twitter' && named.userId === undefined) fields.missing('userId');
      fields.done();
      const outside = outsideIn(deps, call, provider.settings);
      const input = { token: given, deviceId, caller, ...(userId === undefined ? {} : { userId }) };
      const { account, opened, block } = await checkOutside(deps, project, outside, input);
      const user = await viewUser(deps, project, opened, account);
      return succeed(call, 'checkNonstandard', {
        ...showNonstandard(user),
        ...(block === null ? {} : { ...showSession(block), accessToken: given }),
      });
    },
  };
}
