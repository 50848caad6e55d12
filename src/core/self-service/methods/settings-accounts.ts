import { accountIdentifier, type Credentials } from '../../credentials/credentials.ts';
import { countFirstFactors } from '../../credentials/first-factors.ts';
import { mergeCredentials } from '../../iam/import-credentials.ts';
import type { IamRecord } from '../../iam/record.ts';
import type { Arrival } from '../arrival.ts';
import { offerOf } from '../begin-flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuseWith } from '../show-again.ts';
import { withMessage } from '../ui/messages.ts';
import { sayText, type UiText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { changeOwn, type OwnJudgement } from './change-own.ts';
import { accountOf, hasAccount, provedProfile } from './oidc-account.ts';
import { depart } from './oidc-depart.ts';
import { findOffered, ownAccountAt } from './oidc-providers.ts';
import { type OwnSubmission, requireVisitor } from './settings-visitor.ts';

const because = (reason: string): UiText => sayText(4000001, { reason });
const CANNOT_LINK = because('can not link unknown or already existing OpenID Connect connection');
const CANNOT_UNLINK = because('can not unlink non-existing OpenID Connect connection');
const LAST_ONE = because('can not unlink OpenID Connect connection because it is the last way to sign in');
const NEEDS_BROWSER = because('accounts can only be linked in a browser');

/**
 * Links an account at a provider, by sending the browser there; or unlinks one, unless it is the last way to sign in.
 * @see Contract iam 6.4, "Privileged changes".
 */
export async function changeAccounts(
  deps: FlowDeps,
  submission: OwnSubmission,
  person: IamRecord,
): Promise<Outcome> {
  const unlink = textOf(submission, 'unlink');
  if (unlink !== undefined)
    return changeOwn(deps, submission, { active: 'oidc', judge: (record) => unlinked(deps, record, unlink) });
  const provider = findOffered(await offerOf(deps, submission), textOf(submission, 'link'));
  if (provider === null || ownAccountAt(person.credentials.oidc, provider.id) !== null)
    return refuseWith(deps, submission, [CANNOT_LINK], 'oidc');
  if (submission.flow.type === 'api') return refuseWith(deps, submission, [NEEDS_BROWSER], 'oidc');
  return depart(deps, submission, { provider });
}

/**
 * Links the account that somebody came back with to the identity that they are signed in to.
 * @throws SessionInactive @throws AssuranceTooLow
 */
export async function linkArrival(
  deps: FlowDeps,
  submission: Submission,
  arrival: Arrival,
): Promise<Outcome> {
  const visitor = requireVisitor(submission, await offerOf(deps, submission));
  const own: OwnSubmission = { ...submission, visitor };
  return changeOwn(deps, own, { active: 'oidc', judge: (record) => linked(deps, record, arrival) });
}

/** That it is another identity's shows as it is written. */
function linked(deps: FlowDeps, record: IamRecord, arrival: Arrival): OwnJudgement {
  const { credentials } = record;
  if (hasAccount(record, arrival) || ownAccountAt(credentials.oidc, arrival.provider.id) !== null)
    return { is: 'refused', tell: (ui) => withMessage(ui, CANNOT_LINK) };
  const profile = provedProfile(deps, record, arrival);
  return {
    is: 'good',
    credentials: mergeCredentials(credentials, { oidc: [accountOf(arrival)] }, deps.clock.now()),
    ...(profile === null ? {} : { profile }),
  };
}

function unlinked({ clock }: FlowDeps, record: IamRecord, provider: string): OwnJudgement {
  const { credentials, config } = record;
  const account = ownAccountAt(credentials.oidc, provider);
  if (account === null || credentials.oidc === undefined)
    return { is: 'refused', tell: (ui) => withMessage(ui, CANNOT_UNLINK) };
  if (countFirstFactors(config.iam, record) < 2)
    return { is: 'refused', tell: (ui) => withMessage(ui, LAST_ONE) };
  const { oidc, ...others } = credentials;
  const providers = oidc.providers.filter((one) => accountIdentifier(one) !== accountIdentifier(account));
  const left: Credentials =
    providers.length === 0
      ? others
      : { ...others, oidc: { ...oidc, providers, updatedAt: clock.now().toISOString() } };
  return { is: 'good', credentials: left };
}
