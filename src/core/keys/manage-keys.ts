import { parseRange } from '../../kit/cidr.ts';
import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, NotFound } from '../errors.ts';
import { GRANTS, type Grant, isGrant } from '../grants.ts';
import type { ApiKey, KeyId, KeyInflection, KeyKind, PoolId } from '../ports.ts';
import { isApiVersion, PUBLISHABLE_GRANT, PUBLISHABLE_REQUESTS_PER_MINUTE } from './key-kinds.ts';
import { formatKey, SECRET_BYTES } from './key-text.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'random' | 'secrets' | 'keys' | 'configs' | 'organisation'>;

const REQUESTS_PER_MINUTE_MAX = 10_000_000;
const NOTE_MAX = 500;

export interface CreateApiKeyInput {
  readonly poolId: PoolId;
  readonly label: string;
  /** Default `secret`. A publishable key gets its one grant and its small limit, whatever is asked below. */
  readonly kind?: KeyKind;
  /** Names of grants, or `all`. */
  readonly grants: readonly string[];
  readonly requestsPerMinute: number;
  /** Addresses and CIDR ranges; null: any. */
  readonly allowedAddresses: readonly string[] | null;
  readonly expiresAt: Date | null;
  /** `YYYY-MM-DD`; default null: whatever version is current. */
  readonly apiVersion?: string | null;
  /** Default `snake`. */
  readonly keyInflection?: KeyInflection;
  /** May make one identity and no second, ever (contract kyc 1); default false. */
  readonly isSingleIdentity?: boolean;
  /** For people, at most 500 characters; default none. */
  readonly note?: string | null;
}

/**
 * Makes an API key. An act of the installation: there is no route to it.
 *
 * @returns The key and its text, which exists nowhere else from then on.
 * @throws NotFound No such pool. @throws InvalidInput Every problem at once.
 */
export async function createApiKey(
  deps: Needs,
  input: CreateApiKeyInput,
): Promise<{ key: ApiKey; text: string }> {
  const key = await newKeyOf(deps, input);
  const { text, secret } = formatKey(key, deps.random.bytes(SECRET_BYTES));
  const secretHash = deps.secrets.hash('api-key', key.id, secret);
  await deps.keys.insertApiKey({ ...key, secretHash }, stampOf(deps, null, key.poolId));
  return { key, text };
}

/** The record of a key that is to be made, of nobody yet. @throws As `createApiKey`. */
export async function newKeyOf(
  deps: Pick<Deps, 'clock' | 'ids' | 'configs'>,
  input: CreateApiKeyInput,
): Promise<ApiKey> {
  const now = deps.clock.now();
  const problems = findProblems(input, now);
  if (problems.length > 0) throw new InvalidInput(problems);
  const { accountId, partition, environment, poolId } = await deps.configs.current(input.poolId);
  const { kind = 'secret', apiVersion = null, keyInflection = 'snake', note = null } = input;
  const { isSingleIdentity = false } = input;
  return {
    id: deps.ids.next() as KeyId,
    poolId,
    accountId,
    partition,
    environment,
    kind,
    label: input.label,
    note,
    grants: kind === 'publishable' ? [PUBLISHABLE_GRANT] : readGrants(input.grants),
    allowedAddresses: input.allowedAddresses,
    requestsPerMinute: kind === 'publishable' ? PUBLISHABLE_REQUESTS_PER_MINUTE : input.requestsPerMinute,
    apiVersion,
    keyInflection,
    isSingleIdentity,
    identityId: null,
    createdAt: now,
    expiresAt: input.expiresAt,
    suspendedAt: null,
    revokedAt: null,
  };
}

function readGrants(asked: readonly string[]): Grant[] {
  return asked.includes('all') ? [...GRANTS] : asked.filter((grant) => isGrant(grant));
}

function findProblems(input: CreateApiKeyInput, now: Date): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const invalid = (path: FieldProblem['path'], message: string) =>
    problems.push({ path, code: 'invalid', message });
  if (input.label.length > 200) invalid(['label'], 'A label has at most 200 characters.');
  if (input.grants.length === 0) invalid(['grants'], 'A key needs at least one grant.');
  input.grants.forEach((grant, index) => {
    if (grant !== 'all' && !isGrant(grant))
      invalid(['grants', index], `Grants are ${GRANTS.join(', ')} and all.`);
  });
  const limit = input.requestsPerMinute;
  if (!Number.isInteger(limit) || limit < 1 || limit > REQUESTS_PER_MINUTE_MAX) {
    invalid(['requestsPerMinute'], `A limit is a whole number from 1 to ${REQUESTS_PER_MINUTE_MAX}.`);
  }
  input.allowedAddresses?.forEach((range, index) => {
    if (parseRange(range) === null)
      invalid(['allowedAddresses', index], 'This is no address and no CIDR range.');
  });
  if (input.expiresAt !== null && !(input.expiresAt > now))
    invalid(['expiresAt'], 'The expiry must be in the future.');
  const { apiVersion = null, note = null } = input;
  if (apiVersion !== null && !isApiVersion(apiVersion))
    invalid(['apiVersion'], 'A version is a date, YYYY-MM-DD.');
  // PostgreSQL's texts cannot hold U+0000.
  if (note !== null && (note.length > NOTE_MAX || note.includes('\0')))
    invalid(['note'], `A note has at most ${NOTE_MAX} characters, none of them U+0000.`);
  return problems;
}

/**
 * Revokes (for good), suspends or resumes a key. Takes effect in every process within 2 s.
 * @throws NotFound No such key.
 */
export async function changeApiKey(
  deps: Pick<Deps, 'clock' | 'ids' | 'keys'>,
  id: KeyId,
  change: 'revoke' | 'suspend' | 'resume',
): Promise<void> {
  const found = await deps.keys.findApiKey(id);
  if (found === null) throw new NotFound();
  await deps.keys.markApiKey(id, change, stampOf(deps, null, found.poolId));
}
