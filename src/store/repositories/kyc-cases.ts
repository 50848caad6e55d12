import type { CaseStore, CaseTask, ClaimedCase, KycCase, StoredCase } from '../../core/kyc/case-ports.ts';
import { type KycCheck, type KycState, OWNER_NOT_VERIFIED, type Risk } from '../../core/kyc/provider.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import type { VerificationId } from '../../core/verification/ports.ts';
import type { Uuid } from '../../kit/ids.ts';
import type { Session } from '../session.ts';
import { catchUpMethods } from './kyc-catch-ups.ts';

const COLUMNS = `c.identity_id, c.provider, c.version, c.state, c.exceptions, c.checks, c.risk, c.verification_id,
  c.revision, c.valid_until::text as valid_until, c.external_ref, c.task, c.attempts, c.due_at, c.claim, c.created_at,
  c.updated_at`;
const ONE = 'c.pool_id = $1::uuid and c.identity_id = $2::uuid and c.provider = $3::text';

const LIST = `
  select ${COLUMNS} from kyc_cases c
  where c.pool_id = $1::uuid and c.identity_id = any($2::uuid[]) order by c.identity_id, c.provider`;

const FIND = `select ${COLUMNS} from kyc_cases c where ${ONE}`;

const FIND_BY_VERIFICATION = `
  select ${COLUMNS} from kyc_cases c where c.pool_id = $1::uuid and c.verification_id = $2::uuid limit 1`;

const INSERT = `
  insert into kyc_cases (pool_id, identity_id, provider, state, exceptions, checks, risk, verification_id, revision,
    valid_until, external_ref, task, due_at, created_at, updated_at)
  values ($1::uuid, $2::uuid, $3::text, $4::text, $5::text[], $6::text::jsonb, $7::text, $8::uuid, $9::integer,
    $10::date, $11::text, $12::text, $13::timestamptz, $14::timestamptz, $15::timestamptz)
  on conflict (pool_id, identity_id, provider) do nothing
  returning 1 as n`;

const UPDATE = `
  update kyc_cases c
  set state = $4::text, exceptions = $5::text[], checks = $6::text::jsonb, risk = $7::text,
      verification_id = $8::uuid, revision = $9::integer, valid_until = $10::date, external_ref = $11::text,
      task = $12::text, due_at = $13::timestamptz, created_at = $14::timestamptz, updated_at = $15::timestamptz,
      version = c.version + 1, attempts = 0, claim = null
  where ${ONE} and c.version = $16::integer
  returning 1 as n`;

const POOLS_WITH_TASKS = `/* scatter: once a tick */
  select c.pool_id from kyc_cases c where c.due_at <= $1::timestamptz group by c.pool_id`;

const CLAIM = `
  with due as (
    select c.identity_id, c.provider from kyc_cases c
    where c.pool_id = $1::uuid and c.due_at <= $2::timestamptz
    order by c.due_at limit $5::integer
    for update skip locked)
  update kyc_cases c set due_at = $3::timestamptz, claim = $4::uuid, attempts = c.attempts + 1
  from due
  where c.pool_id = $1::uuid and c.identity_id = due.identity_id and c.provider = due.provider
  returning ${COLUMNS}`;

const RELEASE = `
  update kyc_cases c
  set attempts = $5::integer, due_at = $6::timestamptz, task = $7::text, claim = null,
      external_ref = coalesce($8::text, c.external_ref)
  where ${ONE} and c.claim = $4::uuid`;

const EXPIRED = `c.state = 'approved' and c.valid_until is not null`;
const POOLS_WITH_EXPIRED = `/* scatter: once a sweep */
  select c.pool_id from kyc_cases c where ${EXPIRED} and c.valid_until < $1::date group by c.pool_id`;
const LIST_EXPIRED = `
  select ${COLUMNS} from kyc_cases c
  where c.pool_id = $1::uuid and ${EXPIRED} and c.valid_until < $2::date order by c.valid_until limit $3::integer`;

const ORPHANED = `c.state in ('pending', 'exception') and (not i.is_open or i.verification_status = 'merged')`;
const POOLS_WITH_ORPHANS = `/* scatter: once a sweep */
  select c.pool_id from kyc_cases c join identities i on i.pool_id = c.pool_id and i.id = c.identity_id
  where ${ORPHANED} group by c.pool_id`;
const LIST_ORPHANS = `
  select ${COLUMNS} from kyc_cases c join identities i on i.pool_id = $1::uuid and i.id = c.identity_id
  where c.pool_id = $1::uuid and ${ORPHANED} order by c.identity_id, c.provider limit $2::integer`;

const WAITING_FOR_OWNER = `
  select i.id from identities i join kyc_cases c on c.pool_id = $1::uuid and c.identity_id = i.id
  where i.pool_id = $1::uuid and i.identity_owner = $2::text and i.is_open and i.verification_status <> 'merged'
    and c.provider = $3::text and c.state = 'exception' and c.exceptions @> array[$4::text]
    and ($5::uuid is null or i.id > $5::uuid)
  order by i.id limit $6::integer`;

const LIST_FOR_REVIEW = `
  select ${COLUMNS} from kyc_cases c
  where c.pool_id = $1::uuid and c.state = 'exception' and ($2::text is null or c.provider = $2::text)
    and ($3::timestamptz is null
      or (c.updated_at, c.identity_id, c.provider) > ($3::timestamptz, $4::uuid, $5::text))
  order by c.updated_at, c.identity_id, c.provider limit $6::integer`;

interface Row {
  identity_id: IdentityId;
  provider: string;
  version: number;
  state: KycState;
  exceptions: string[];
  checks: KycCheck[];
  risk: Risk | null;
  verification_id: VerificationId;
  revision: number;
  valid_until: string | null;
  external_ref: string | null;
  task: CaseTask | null;
  attempts: number;
  due_at: Date | null;
  claim: Uuid | null;
  created_at: Date;
  updated_at: Date;
}

function toCase(poolId: PoolId, row: Row): StoredCase {
  const { provider, version, state, exceptions, checks, risk, revision, task, attempts } = row;
  return {
    ...{ poolId, provider, version, state, exceptions, checks, risk, revision, task, attempts },
    identityId: row.identity_id,
    verificationId: row.verification_id,
    validUntil: row.valid_until,
    externalRef: row.external_ref,
    dueAt: row.due_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function parametersOf(one: KycCase): unknown[] {
  return [
    ...[one.poolId, one.identityId, one.provider, one.state, one.exceptions, JSON.stringify(one.checks)],
    ...[one.risk, one.verificationId, one.revision, one.validUntil, one.externalRef, one.task, one.dueAt],
    ...[one.createdAt, one.updatedAt],
  ];
}

export function createCaseStore(session: Session): CaseStore {
  const all = async <Found>(text: string, parameters: readonly unknown[]): Promise<Found[]> =>
    (await session.query<Found>({ text, parameters })).rows;
  const cases = async (text: string, poolId: PoolId, parameters: readonly unknown[]): Promise<StoredCase[]> =>
    (await all<Row>(text, [poolId, ...parameters])).map((row) => toCase(poolId, row));
  const pools = async (text: string, parameters: readonly unknown[]): Promise<PoolId[]> =>
    (await all<{ pool_id: PoolId }>(text, parameters)).map((row) => row.pool_id);
  const first = ([found]: StoredCase[]): StoredCase | null => found ?? null;

  return {
    ...catchUpMethods(session),
    listCases: (poolId, ids) => cases(LIST, poolId, [ids]),
    findCase: async (poolId, identityId, provider) =>
      first(await cases(FIND, poolId, [identityId, provider])),
    findByVerification: async (poolId, id) => first(await cases(FIND_BY_VERIFICATION, poolId, [id])),

    async putCase(kycCase, version) {
      const parameters = parametersOf(kycCase);
      const rows = await (version === null ? all(INSERT, parameters) : all(UPDATE, [...parameters, version]));
      return rows.length === 1 ? 'done' : 'stale';
    },

    listPoolsWithTasks: (now) => pools(POOLS_WITH_TASKS, [now]),
    async claimTasks(poolId, { now, leaseUntil, claim, limit }) {
      const rows = await all<Row>(CLAIM, [poolId, now, leaseUntil, claim, limit]);
      return rows.map((row): ClaimedCase => ({ ...toCase(poolId, row), claim }));
    },
    async releaseTask(
      { poolId, identityId, provider, claim },
      { attempts, dueAt, task, externalRef = null },
    ) {
      await all(RELEASE, [poolId, identityId, provider, claim, attempts, dueAt, task, externalRef]);
    },

    listPoolsWithExpired: (today) => pools(POOLS_WITH_EXPIRED, [today]),
    listExpired: (poolId, today, limit) => cases(LIST_EXPIRED, poolId, [today, limit]),
    listPoolsWithOrphans: () => pools(POOLS_WITH_ORPHANS, []),
    listOrphans: (poolId, limit) => cases(LIST_ORPHANS, poolId, [limit]),

    async listWaitingForOwner(poolId, { owner, provider, after, limit }) {
      const parameters = [poolId, owner, provider, OWNER_NOT_VERIFIED, after, limit];
      return (await all<{ id: IdentityId }>(WAITING_FOR_OWNER, parameters)).map(({ id }) => id);
    },

    listForReview: (poolId, { after, provider, limit }) =>
      cases(LIST_FOR_REVIEW, poolId, [
        provider,
        after?.updatedAt ?? null,
        after?.identityId ?? null,
        after?.provider ?? null,
        limit,
      ]),
  };
}
