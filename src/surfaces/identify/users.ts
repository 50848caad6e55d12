import type { Deps } from '../../core/deps.ts';
import { registerAnonymous } from '../../core/identify/anonymous.ts';
import type { OpenSettings } from '../../core/identify/config.ts';
import { EXTERNAL_ID } from '../../core/identify/external-id.ts';
import { openBearer } from '../../core/identify/local/bearer.ts';
import { registerLocally } from '../../core/identify/local/register.ts';
import { getNoLogin, registerNoLogin, updateNoLogin } from '../../core/identify/no-login.ts';
import { updateOutside } from '../../core/identify/outside/check-outside.ts';
import { outsideOf, verifyOutside } from '../../core/identify/outside/outside-user.ts';
import { registerOutside } from '../../core/identify/outside/password-calls.ts';
import type { ProfileInput } from '../../core/identify/profile-change.ts';
import { updateUser } from '../../core/identify/update-user.ts';
import { localAccount, viewUser } from '../../core/identify/user.ts';
import { replyWith } from '../../http/route.ts';
import { bearerOf, type Call } from './calls.ts';
import { Fields } from './fields.ts';
import { link } from './link.ts';
import { succeed, succeedFlat } from './replies.ts';
import { showNoLogin, showProfile, showUpdated } from './show.ts';
import { outsideToken } from './tokens.ts';

const ADDITIONAL_ID_MAX = 128;
const ATTRIBUTES = ['email', 'nickname', 'username', 'appProfile'] as const;
const CREATED = { status: 201 } as const;

/** Handlers of users and their profiles (contract identify 3.4 to 3.6). */
export function userHandlers(deps: Deps) {
  return {
    async register(call: Call) {
      const { provider } = call.pair;
      if (provider.type === 'anonymous') return registerOnDevice(deps, call);
      if (provider.type === 'noLogin') return registerByCapability(deps, call);
      const { project, caller } = call;
      const input = { ...readRegistration(call), caller };
      if (provider.type === 'local') await registerLocally(deps, project, provider.settings, input);
      if (provider.type === 'outside')
        await registerOutside(deps, project, outsideIn(deps, call, provider.settings), input);
      // The older reference has the envelope once more within itself.
      const { result, message } = succeed(call, 'register', {});
      return replyWith(succeed(call, 'register', { data: {}, result, message }), CREATED);
    },

    async profile(call: Call) {
      const { project, caller, pair } = call;
      const { provider } = pair;
      if (provider.type === 'noLogin') {
        const externalId = externalIdIn(call);
        const user = await getNoLogin(deps, project, { externalId, caller });
        return succeedFlat(call, externalId, showNoLogin(user));
      }
      if (provider.type !== 'outside') {
        const { opened } = await openBearer(deps, project, bearerOf(call.request));
        const user = await viewUser(deps, project, opened, localAccount(project, opened.stored.id));
        return succeed(call, 'profile', showProfile(pair, user));
      }
      const outside = outsideIn(deps, call, provider.settings);
      const token = outsideToken(call, provider.settings);
      const { opened, account } = await verifyOutside(deps, project, outside, { token, caller });
      return succeed(call, 'profile', showProfile(pair, await viewUser(deps, project, opened, account)));
    },

    async update(call: Call) {
      const { provider } = call.pair;
      if (provider.type === 'noLogin') return updateByCapability(deps, call);
      if (provider.type === 'outside') return updateElsewhere(deps, call, provider.settings);
      const { project, caller } = call;
      const { opened } = await openBearer(deps, project, bearerOf(call.request));
      const change = readOwnChange(call);
      const input = { userId: opened.stored.id, change, claims: 'required', caller } as const;
      const changed = await updateUser(deps, project, input);
      const user = await viewUser(deps, project, changed, localAccount(project, changed.stored.id));
      return succeed(call, 'update', showUpdated(user, project.poolId));
    },

    link: (call: Call) => link(deps, call),
  };
}

async function registerOnDevice(deps: Deps, call: Call) {
  const fields = new Fields();
  const data = fields.object(call.data, 'data');
  const deviceId = fields.uuid(data.deviceId ?? call.named.deviceId, 'deviceId');
  const additionalId = fields.text(data.additionalId, 'additionalId', ADDITIONAL_ID_MAX) ?? null;
  fields.done();
  const { project, caller } = call;
  const { isNew, ...user } = await registerAnonymous(deps, project, { deviceId, additionalId, caller });
  return replyWith(succeed(call, 'register', user), { status: isNew ? 201 : 200 });
}

async function registerByCapability(deps: Deps, call: Call) {
  const { project, caller, named } = call;
  const fields = new Fields();
  const data = fields.object(call.data, 'data');
  const profile = fields.profile(data, namesOnly(call));
  if (named.externalId !== undefined && !isExternalId(named.externalId))
    fields.refuse('externalId', 'must be 64 lower-case hexadecimal digits');
  fields.done();
  const given = isExternalId(named.externalId) ? named.externalId : null;
  const user = await registerNoLogin(deps, project, { externalId: given, profile, caller });
  const { externalId, userId } = user;
  return replyWith(succeedFlat(call, externalId, { externalId, userId }), { status: 200 });
}

async function updateByCapability(deps: Deps, call: Call) {
  const { project, caller } = call;
  const fields = new Fields();
  const data = fields.object(call.data, 'data');
  if (data.appProfile === undefined) fields.missing('appProfile');
  const change = fields.profile(data, namesOnly(call));
  const externalId = externalIdIn(call);
  fields.done();
  const user = await updateNoLogin(deps, project, { externalId, change, caller });
  return succeedFlat(call, externalId, showNoLogin(user));
}

async function updateElsewhere(deps: Deps, call: Call, settings: OpenSettings) {
  const { project, caller, pair } = call;
  const token = outsideToken(call, settings, { changes: true });
  const change = pair.name === 'awsCognito' ? readOwnChange(call) : readNames(call);
  const outside = outsideIn(deps, call, settings);
  const { opened, account } = await updateOutside(deps, project, outside, { token, change, caller });
  const user = await viewUser(deps, project, opened, account);
  if (pair.name === 'awsCognito') return succeed(call, 'update', showUpdated(user, project.poolId));
  const { externalId, appProfile, username } = user;
  const own = pair.name === 'authZero' ? { accessToken: token } : { username: username ?? '' };
  return succeed(call, 'update', { externalId, projectId: project.poolId, ...own, appProfile });
}

/** @throws InvalidInput */
function readRegistration(call: Call) {
  const fields = new Fields();
  const data = fields.object(call.data, 'data');
  const profile = fields.profile(data, { ...namesOnly(call), email: true, custom: true });
  if (data.email === undefined) fields.missing('email');
  const password = fields.password(data);
  const deviceId = fields.uuid(data.deviceId ?? call.named.deviceId, 'deviceId');
  fields.onlyKnown(data, [...ATTRIBUTES, 'password', 'deviceId']);
  fields.done();
  return { profile: { ...profile, email: profile.email ?? '' }, password, deviceId };
}

/** Something at least, and nothing that there is not. @throws InvalidInput */
function readOwnChange(call: Call): ProfileInput {
  const fields = new Fields();
  const data = fields.object(call.data, 'data');
  const change = fields.profile(data, { ...namesOnly(call), email: true, custom: true });
  fields.onlyKnown(data, ATTRIBUTES);
  if (Object.keys(data).length === 0) fields.missing('data');
  fields.done();
  return change;
}

/** @throws InvalidInput */
function readNames(call: Call): ProfileInput {
  const fields = new Fields();
  const data = fields.object(call.data, 'data');
  const change = fields.profile(data, namesOnly(call));
  if (Object.keys(change).length === 0) fields.missing('data');
  fields.done();
  return change;
}

function namesOnly({ project }: Call) {
  const { appProfileBytes } = project.settings.limits;
  return { email: false, custom: false, appProfileBytes };
}

/** @throws InvalidInput */
function externalIdIn({ named: { externalId } }: Call): string {
  if (isExternalId(externalId)) return externalId;
  const fields = new Fields();
  if (externalId === undefined) fields.missing('externalId');
  else fields.refuse('externalId', 'must be 64 lower-case hexadecimal digits');
  fields.done();
  return '';
}

function isExternalId(value: unknown): value is string {
  return typeof value === 'string' && EXTERNAL_ID.test(value);
}

export function outsideIn(deps: Deps, { project, pair: { name } }: Call, settings: OpenSettings) {
  return outsideOf(deps, project, { name, settings });
}
