import type { Deps } from '../../core/deps.ts';
import { InternalFault } from '../../core/errors.ts';
import { loginAnonymous } from '../../core/identify/anonymous.ts';
import { changePasswordLocally } from '../../core/identify/local/change-password.ts';
import { loginLocally } from '../../core/identify/local/login.ts';
import { logoutLocally, refreshLocally } from '../../core/identify/local/refresh.ts';
import { confirmForgotPassword, forgotPassword } from '../../core/identify/local/reset-password.ts';
import { verifyOutside } from '../../core/identify/outside/outside-user.ts';
import {
  changePasswordOutside,
  forgotPasswordOutside,
  loginOutside,
  logoutOutside,
  refreshOutside,
  resetPasswordOutside,
} from '../../core/identify/outside/password-calls.ts';
import { bearerOf, type Call } from './calls.ts';
import { Fields } from './fields.ts';
import { succeed } from './replies.ts';
import { showSession } from './show.ts';
import { outsideIn } from './users.ts';

const ADDITIONAL_ID_MAX = 128;
const CODE_MAX = 64;

/** Handlers of logins, passwords and tokens (contract identify 3.7 to 3.9). */
export function loginHandlers(deps: Deps) {
  return {
    async login(call: Call) {
      const { provider } = call.pair;
      if (provider.type === 'anonymous') return loginOnDevice(deps, call);
      const { project, caller } = call;
      const fields = new Fields();
      const data = fields.object(call.data, 'data');
      const typed = { email: fields.typedEmail(data), password: fields.password(data) };
      const input = { ...typed, deviceId: deviceIn(fields, call), caller };
      fields.done();
      const { block, tokens } =
        provider.type === 'local'
          ? await loginLocally(deps, project, provider.settings, input)
          : await loginOutside(deps, project, outsideOfCall(deps, call), input);
      return succeed(call, 'login', showSession(block, tokens));
    },

    async changePassword(call: Call) {
      const { project, caller, pair } = call;
      const token = bearerOf(call.request);
      const fields = new Fields();
      const data = fields.object(call.data, 'data');
      const previousPassword = fields.password(data, 'previousPassword');
      const password = fields.password(data);
      const input = { token, previousPassword, password, deviceId: deviceIn(fields, call), caller };
      fields.done();
      const { block, tokens } =
        pair.provider.type === 'local'
          ? await changePasswordLocally(deps, project, pair.provider.settings, input)
          : await changePasswordOutside(deps, project, outsideOfCall(deps, call), input);
      return succeed(call, 'changePassword', showSession(block, tokens));
    },

    async forgotPassword(call: Call) {
      const { project, caller, pair } = call;
      const fields = new Fields();
      const email = fields.typedEmail(fields.object(call.data, 'data'));
      fields.done();
      if (pair.provider.type === 'local') await forgotPassword(deps, project, { email, caller });
      else await forgotPasswordOutside(deps, project, outsideOfCall(deps, call), { email, caller });
      return succeed(call, 'forgotPassword', {});
    },

    async confirmForgotPassword(call: Call) {
      const { project, caller, pair } = call;
      const fields = new Fields();
      const data = fields.object(call.data, 'data');
      const email = fields.typedEmail(data);
      const code = fields.needed(data.confirmationCode, 'confirmationCode', CODE_MAX);
      const password = fields.password(data);
      fields.done();
      const input = { email, code, password, caller };
      if (pair.provider.type === 'local')
        await confirmForgotPassword(deps, project, pair.provider.settings, input);
      else await resetPasswordOutside(deps, project, outsideOfCall(deps, call), input);
      return succeed(call, 'confirmForgotPassword', {});
    },

    async refresh(call: Call) {
      const { project, caller, pair, named } = call;
      const access = bearerOf(call.request);
      const fields = new Fields();
      const data = fields.object(call.data, 'data');
      const refresh = fields.token(named.refreshToken ?? data.refreshToken, 'refreshToken');
      const input = { access, refresh, deviceId: deviceIn(fields, call), caller };
      fields.done();
      const { block, tokens } =
        pair.provider.type === 'local'
          ? await refreshLocally(deps, project, pair.provider.settings, input)
          : await refreshOutside(deps, project, outsideOfCall(deps, call), input);
      return succeed(call, 'refresh', showSession(block, tokens));
    },

    async logout(call: Call) {
      const { project, caller, pair } = call;
      const token = bearerOf(call.request);
      const fields = new Fields();
      deviceIn(fields, call);
      fields.done();
      if (pair.provider.type === 'local') await logoutLocally(deps, project, { token, caller });
      else {
        const outside = outsideOfCall(deps, call);
        const account = await verifyOutside(deps, project, outside, { token, caller });
        await logoutOutside(deps, project, outside, { token, account });
      }
      return succeed(call, 'logout', {});
    },
  };
}

async function loginOnDevice(deps: Deps, call: Call) {
  const { project, caller } = call;
  const { appProfileBytes } = project.settings.limits;
  const fields = new Fields();
  const data = fields.object(call.data, 'data');
  const deviceId = deviceIn(fields, call);
  const additionalId = fields.text(data.additionalId, 'additionalId', ADDITIONAL_ID_MAX) ?? null;
  const profile = fields.profile(data, { email: false, custom: false, appProfileBytes });
  fields.done();
  const block = await loginAnonymous(deps, project, { deviceId, additionalId, profile, caller });
  return succeed(call, 'login', showSession(block));
}

/** Within `data`, or beside it. */
function deviceIn(fields: Fields, { data, named }: Call): string | null {
  const inner =
    typeof data === 'object' && data !== null ? (data as { deviceId?: unknown }).deviceId : undefined;
  return fields.uuid(inner ?? named.deviceId, 'deviceId');
}

function outsideOfCall(deps: Deps, call: Call) {
  const { provider } = call.pair;
  if (provider.type !== 'outside') throw new InternalFault('a pair without a provider outside');
  return outsideIn(deps, call, provider.settings);
}
