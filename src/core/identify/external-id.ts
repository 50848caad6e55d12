import type { Macs } from './ports.ts';

/** Who somebody is at a provider; the table of contract identify 3.2 says what these are for each. */
export interface Account {
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
}

/** 64 lower-case hexadecimal digits, the same in every project. @see Contract identify 3.2, "externalId". */
export function externalIdOf(macs: Macs, key: string, { provider, issuer, subject }: Account): string {
  return macs.hmac('sha256', key, `${provider}\n${issuer}\n${subject}`).toString('hex');
}

/** What a client may choose for itself with noLogin, and what the server makes there. */
export const EXTERNAL_ID = /^[0-9a-f]{64}$/;
