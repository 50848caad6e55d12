import type { Dialect } from './dialect.ts';
import { kycDialect } from './kyc-dialect.ts';
import type { DialectName } from './ports.ts';
import { verificationDialect } from './verification-dialect.ts';

export const DIALECT_BY_NAME: Readonly<Record<DialectName, Dialect>> = {
  verification: verificationDialect,
  kyc: kycDialect,
};
