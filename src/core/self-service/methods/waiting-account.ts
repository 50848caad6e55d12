import { accountIdentifier, OIDC, type OidcAccount } from '../../credentials/credentials.ts';
import { mergeCredentials } from '../../iam/import-credentials.ts';
import type { IamRecord } from '../../iam/record.ts';
import { claimOf } from '../../identities/claims.ts';
import type { RecordStores } from '../../record-stores.ts';
import type { Flow } from '../flow.ts';
import type { FlowDeps } from '../visit.ts';
import type { LoginChange } from './begin-session.ts';

/**
 * What signing in changes, with the account that waits in the flow. Within the transaction of the login. Of an account
 * that has become another identity's meanwhile nothing is left but the login.
 */
export async function withWaiting<Change extends LoginChange>(
  tx: Pick<RecordStores, 'identities'>,
  { clock }: Pick<FlowDeps, 'clock'>,
  { flow, record, change }: { readonly flow: Flow; readonly record: IamRecord; readonly change: Change },
): Promise<Change> {
  const { waiting } = flow.content;
  if (flow.kind !== 'login' || waiting === undefined) return change;
  const { subject, tokens } = waiting.account;
  const account: OidcAccount = { provider: waiting.provider, subject, tokens };
  const claim = claimOf(record.vault, { space: OIDC, value: accountIdentifier(account) });
  if ((await tx.identities.findHolders(flow.poolId, [claim])).length > 0) return change;
  const before = change.credentials ?? record.credentials;
  const credentials = mergeCredentials(before, { oidc: [account] }, clock.now());
  return { ...change, credentials, fields: [...(change.fields ?? []), 'credentials.oidc'] };
}
