import { foldCase } from '../../kit/normalise.ts';
import { accountIdentifier } from '../credentials/credentials.ts';
import type { Deps } from '../deps.ts';
import { normaliseIdentifier } from '../traits/normalise-identifier.ts';
import type { IamRecord } from './record.ts';

/** Identifiers that lists are searched by: those of password, webauthn and code; and accounts elsewhere. */
function searchedOf({ derived, credentials }: IamRecord): { own: string[]; accounts: string[] } {
  const accounts = [...(credentials.oidc?.providers ?? []), ...(credentials.saml?.providers ?? [])];
  return { own: derived.identifiers.map(({ value }) => value), accounts: accounts.map(accountIdentifier) };
}

/** Whether one of them is this text, however it is typed; of accounts elsewhere as it is (contract iam 4.1). */
export function hasIdentifier({ phones }: Pick<Deps, 'phones'>, record: IamRecord, text: string): boolean {
  const { own, accounts } = searchedOf(record);
  const normal = normaliseIdentifier(phones, text);
  return (normal !== null && own.includes(normal)) || accounts.includes(text);
}

/** Whether one of them begins with this text, in whichever case; of accounts elsewhere as it is. */
export function hasPrefix(record: IamRecord, prefix: string): boolean {
  const { own, accounts } = searchedOf(record);
  const folded = foldPrefix(prefix);
  return (
    own.some((value) => foldCase(value).startsWith(folded)) ||
    accounts.some((account) => account.startsWith(prefix))
  );
}

/** The form in which the beginning of an identifier is compared. */
export function foldPrefix(text: string): string {
  return foldCase(text.normalize('NFKC').trim());
}
