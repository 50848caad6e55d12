import { openProvider } from '../../oidc/provider-secret.ts';
import { offerOf } from '../begin-flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuseMethod, refuseWith } from '../show-again.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from '../visit.ts';
import { depart } from './oidc-depart.ts';
import { enterByAccount } from './oidc-enter.ts';
import { atProvider, findOffered } from './oidc-providers.ts';
import { traitsOf } from './registration-traits.ts';

/**
 * Signs in, or up, at a provider: sends the browser there, or takes the ID token that a native client has. Whoever was
 * there already, and was only asked for more, is not sent again.
 *
 * @see Contract iam 6.3, 6.4.
 */
export async function enterByProvider(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const offer = await offerOf(deps, submission);
  const { flow } = submission;
  const provider = findOffered(offer, textOf(submission, 'provider'));
  if (provider === null) return refuseMethod(deps, submission);
  const traits = flow.kind === 'registration' ? traitsOf(submission, offer.config) : undefined;
  const { waiting } = flow.content;
  if (flow.kind === 'registration' && waiting?.provider === provider.id)
    return enterByAccount(deps, submission, {
      provider,
      traits,
      account: waiting.account,
      isByBrowser: false,
    });
  const token = idTokenOf(submission);
  if (token === null) return depart(deps, submission, { provider, traits });
  if (token.nonce === '') {
    const reason = 'An ID token is taken only with its id_token_nonce.';
    return refuseWith(deps, submission, [sayText(4000001, { reason })], 'oidc');
  }
  return atProvider(deps, submission, provider, async () => {
    const asked = await openProvider(deps, submission.poolId, provider);
    const account = await deps.openId.readIdToken(asked, token);
    return enterByAccount(deps, submission, { provider, traits, account, isByBrowser: false });
  });
}

/** What a native client says that it got by itself; null: it says nothing. */
function idTokenOf(submission: Submission): { idToken: string; nonce: string } | null {
  const idToken = textOf(submission, 'id_token');
  if (idToken === undefined || submission.flow.type !== 'api') return null;
  return { idToken, nonce: textOf(submission, 'id_token_nonce') ?? '' };
}
