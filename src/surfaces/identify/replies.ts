import type { Operation } from '../../core/identify/pairs.ts';
import type { Call } from './calls.ts';

type Data = Record<string, unknown>;

/** Contract identify 3, by the call; `seed` where the published example copies another call's. */
const MESSAGES: Readonly<Record<Operation, { readonly text: string; readonly seed?: string }>> = {
  register: { text: 'User is Correctly Created' },
  profile: { text: 'OK' },
  update: { text: 'User is Correctly Updated', seed: 'User is Correctly Created' },
  login: { text: 'OK' },
  changePassword: { text: 'password has been updated' },
  forgotPassword: { text: 'please check your email' },
  confirmForgotPassword: { text: 'password has been updated', seed: 'please check your email' },
  refresh: { text: 'OK', seed: 'please check your email' },
  logout: { text: 'OK', seed: 'please check your email' },
  check: { text: 'OK' },
  checkNonstandard: { text: 'OK' },
  link: { text: 'User is Correctly Linked' },
};

/** Contract identify 1, "Success envelope". */
export function succeed<D extends object>({ project }: Pick<Call, 'project'>, operation: Operation, data: D) {
  const { text, seed = text } = MESSAGES[operation];
  return { result: 1 as const, message: project.settings.seedMessages ? seed : text, data };
}

/** Contract identify 3.5, noLogin: names stand beside the data. */
export function succeedFlat({ pair, project }: Call, externalId: string, data: Data) {
  const { strategy, name: provider } = pair;
  return {
    ...{ result: 1 as const, message: 'ok', strategy, provider, projectId: project.poolId, externalId },
    data,
  };
}
