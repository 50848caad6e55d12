import type { IdentityInsert, WriteOutcome } from '../../core/identities/ports.ts';
import type { KycCase } from '../../core/kyc/case-ports.ts';
import type { VerificationInsert } from '../../core/verification/ports.ts';
import type { Session } from '../session.ts';
import { INSERT_PARTS, insertParameters, write } from './identity-writes.ts';
import { stampParameters, stampSql } from './stamp-sql.ts';

// As one statement, because as several in a transaction it holds the rows of running totals, and the configuration, for
// as long as they take, and other creations wait for them: half as many a second.
const INSERT = `with ${INSERT_PARTS},
    verified as (
      insert into verifications (pool_id, id, external_ref, status, facts, content, created_at, updated_at, identity_id)
      select $1::uuid, $29::uuid, $30::text, $31::text, $32::text::jsonb, $33::bytea, $6::timestamptz, $6::timestamptz,
             record.id
      from record
      returning id, version),
    verified_key as (
      insert into verification_keys (pool_id, verification_id, wrapped)
      select $1::uuid, verified.id, $34::bytea from verified
      returning 1),
    ${stampSql(35, 'verified')},
    judged as (
      insert into kyc_cases (pool_id, identity_id, provider, state, exceptions, checks, verification_id, revision, task,
        due_at, created_at, updated_at)
      select $1::uuid, $3::uuid, $46::text, $47::text, $48::text[], $49::text::jsonb, verified.id, $50::integer,
             $51::text, $52::timestamptz, $6::timestamptz, $6::timestamptz
      from verified
      returning 1)
  select count(*)::integer as n from record`;

/** A new identity with the first verification of its only case. */
export function insertWithCase(
  session: Session,
  {
    insert,
    verification,
    kycCase,
  }: {
    insert: IdentityInsert;
    verification: VerificationInsert;
    kycCase: KycCase;
  },
): Promise<WriteOutcome> {
  const { verification: row, ...mark } = verification;
  const { provider, state, exceptions, checks, revision, task, dueAt } = kycCase;
  return write(session, {
    text: INSERT,
    parameters: [
      ...insertParameters(insert),
      ...[row.id, row.externalRef, row.status, JSON.stringify(row.facts), row.content, row.wrappedKey],
      ...stampParameters(mark),
      ...[provider, state, exceptions, JSON.stringify(checks), revision, task, dueAt],
    ],
  });
}
