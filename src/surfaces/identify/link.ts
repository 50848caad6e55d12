import type { Deps } from '../../core/deps.ts';
import { linkAccount } from '../../core/identify/link-account.ts';
import { outsideOf } from '../../core/identify/outside/outside-user.ts';
import { needsUserId, type Pair, resolveOther } from '../../core/identify/pairs.ts';
import type { Project } from '../../core/identify/project.ts';
import { viewUser } from '../../core/identify/user.ts';
import { bearerOf, type Call } from './calls.ts';
import { Fields } from './fields.ts';
import { succeed } from './replies.ts';
import { showProfile } from './show.ts';
import { outsideToken } from './tokens.ts';

const NAME_MAX = 256;

/** Links the account that `data` shows a token of to the bearer's user: an extension of ours (decision 0023). */
export async function link(deps: Deps, call: Call) {
  const { project, caller, pair } = call;
  const { provider } = pair;
  const token =
    provider.type === 'outside'
      ? outsideToken(call, provider.settings, { changes: true })
      : bearerOf(call.request);
  const fields = new Fields();
  const data = fields.object(call.data, 'data');
  const name = fields.needed(data.provider, 'provider', NAME_MAX);
  const accessToken = fields.token(data.accessToken, 'accessToken');
  const userId = fields.userId(data.userId, { isNeeded: needsUserId({ name }) });
  fields.done();
  const other = resolveOther(project.settings, 'link', name);
  const { opened, account } = await linkAccount(deps, project, {
    bearer: { token, outside: outsideOfPair(deps, project, pair) },
    other: {
      ...{ token: accessToken, outside: outsideOfPair(deps, project, other) },
      ...(userId === undefined ? {} : { userId }),
    },
    caller,
  });
  return succeed(call, 'link', showProfile(pair, await viewUser(deps, project, opened, account)));
}

/** Null: tokens of this provider are ours. */
function outsideOfPair(deps: Deps, project: Project, { name, provider }: Pair) {
  return provider.type === 'outside' ? outsideOf(deps, project, { name, settings: provider.settings }) : null;
}
