import { stampOf } from '../audit/stamp.ts';
import { type Credentials, NO_CREDENTIALS, sealCredentials } from '../credentials/credentials.ts';
import type { Deps } from '../deps.ts';
import { WriteConflict, WrongState } from '../errors.ts';
import { type Idempotency, keepReply, openIdempotency } from '../idempotency.ts';
import { IdentityLimitReached } from '../keys/errors.ts';
import { limitedKeyOf } from '../keys/single-identity.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { ActingContext, IdentityId, PoolId, PoolVault, RequestContext } from '../ports.ts';
import { readAttribute } from './attributes.ts';
import { claimsOfRecord } from './claims.ts';
import { homesOf } from './factors.ts';
import { emailGrams, identifierGrams, referenceGrams } from './grams.ts';
import { searchableIdentifiers } from './login-identifiers.ts';
import { lookupKeysOf, organizationKeys } from './lookups.ts';
import type { IdentityInsert, StoredIdentity } from './ports.ts';
import { eventDataOf } from './prepare-change.ts';
import type { Profile } from './profile.ts';
import { untilDone } from './retry.ts';
import type { Changed } from './revision.ts';
import { listTallyOf, type Standing, segmentTallyOf } from './standing.ts';
import { usageOf } from './usage.ts';
import { sealProfile } from './view.ts';

export type CreateNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation'>;

/** A record that is to be. */
export interface Draft {
  readonly profile: Profile;
  readonly standing: Standing;
  readonly credentials?: Credentials;
  /** Default: that of the drafting. */
  readonly schemaId?: string;
  /** Names of what it comes with, for the audit entry. */
  readonly fields: readonly string[];
}

export interface Drafting {
  readonly config: PoolConfig;
  readonly vault: PoolVault;
  readonly schemaId: string;
}

export interface CreateRecordInput {
  readonly poolId: PoolId;
  /** Called for each try; throws what is wrong with the input. */
  readonly draft: (drafting: Drafting) => Draft;
  /** Called when another identity holds an identifier: throws, or returns to try again. */
  readonly onTaken: (drafting: Drafting, draft: Draft, id: IdentityId) => Promise<void>;
}

/**
 * Makes a record of a pool: data key, identifiers, look-up keys, totals, audit entry and event in one statement.
 * Of many at once with one identifier, or by a key that may make one identity, exactly one is made.
 *
 * @returns The record, or the kept reply when the idempotency key was used before.
 * @throws WrongState The pool, its domain or its account is deleted. @throws IdentityLimitReached
 */
export async function createRecord(
  deps: CreateNeeds,
  context: RequestContext,
  input: CreateRecordInput,
  idempotency: Idempotency<Changed> | null = null,
): Promise<{ made: Changed } | { replay: string }> {
  const { principal } = context;
  const { poolId } = input;
  const opened = idempotency === null ? null : await openIdempotency(deps, principal, idempotency);
  if (opened !== null && opened.replay !== null) return { replay: opened.replay };

  const { outcome, result } = await untilDone(deps.configs, poolId, async () => {
    const config = await deps.configs.any(poolId);
    if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
    const vault = await deps.vault.pool(poolId, config.version);
    const drafting = { config, vault, schemaId: config.defaultSchemaId };
    const draft = input.draft(drafting);
    const id = deps.ids.next() as IdentityId;
    const { insert, made } = prepareInsert(deps, context, { id, ...drafting, ...draft });
    const reply =
      idempotency === null || opened === null || made.key === null
        ? null
        : keepReply({
            idempotency: opened,
            principal,
            reply: idempotency.render(made),
            at: insert.stamp.at,
            sealer: { poolId, identityId: id, key: made.key },
          });
    const written = await deps.identities.insertIdentity({ ...insert, reply });
    if (written !== 'taken') return { outcome: written, result: made };
    await input.onTaken(drafting, draft, id);
    // Whoever held it let go in between: try again.
    return { outcome: 'stale' as const, result: made };
  });
  if (outcome === 'done') return { made: result };
  // Another request with the same idempotency key was first, or whichever used the API key up.
  const winner = idempotency === null ? null : await openIdempotency(deps, principal, idempotency);
  if (winner === null || winner.replay === null)
    throw outcome === 'limited' ? new IdentityLimitReached() : new WriteConflict();
  return { replay: winner.replay };
}

/**
 * What a new record amounts to in the store, and the record as it will be. Writes nothing.
 * @throws IdentityLimitReached The key may make one identity, and not in this pool.
 */
export function prepareInsert(
  deps: Pick<Deps, 'clock' | 'ids'>,
  context: ActingContext,
  record: Drafting & Draft & { id: IdentityId },
): { insert: IdentityInsert; made: Changed } {
  const { id, config, vault, schemaId, profile, standing, credentials = NO_CREDENTIALS, fields } = record;
  const { poolId } = config;
  const stamp = stampOf(deps, context, poolId, vault);
  const { key, wrapped } = vault.createIdentityKey(id);
  const sealed = sealProfile(key, profile);
  const { claims, present } = claimsOfRecord(vault, config, { schemaId, profile, standing, credentials });
  const sealedCredentials = sealCredentials(key, credentials);
  const identifiers = searchableIdentifiers(config, { schemaId, profile, credentials });
  const stored: StoredIdentity = {
    poolId,
    id,
    status: 'extant',
    schemaId,
    version: 1,
    profile: sealed,
    credentials: sealedCredentials,
    seen: null,
    lastSeenAt: null,
    wrappedKey: wrapped,
    standing,
    createdAt: stamp.at,
    updatedAt: stamp.at,
    configVersion: config.version,
  };
  const tallies = new Map([['identities', 1], ...[...present].map((name) => [`factor:${name}`, 1] as const)]);
  for (const list of [listTallyOf('extant', standing), segmentTallyOf('extant', standing)])
    if (list !== null) tallies.set(list, 1);
  for (const name of usageOf(config, 'extant', { standing, profile })) tallies.set(name, 1);
  const { externalRef } = standing;
  const homes = homesOf(config, schemaId);
  const email = readAttribute(profile, homes, 'email');
  const insert: IdentityInsert = {
    poolId,
    id,
    schemaId,
    profile: sealed,
    credentials: sealedCredentials,
    wrappedKey: wrapped,
    claims,
    searchKeys: [
      ...lookupKeysOf(vault, { holder: profile, homes }).values(),
      ...organizationKeys(vault, profile.iam?.organizationId),
    ],
    grams: [
      ...(externalRef === undefined ? [] : [referenceGrams(vault, externalRef)]),
      ...(email === null ? [] : [emailGrams(vault, email)]),
      ...(identifiers.length === 0 ? [] : [identifierGrams(vault, identifiers)]),
    ],
    standing,
    tallies,
    configVersion: config.version,
    stamp,
    event: { action: 'identity.created', subjectId: id, fields },
    announcements: [{ id: stamp.eventId, type: 'identity.created' }],
    eventData: eventDataOf(standing),
    reply: null,
    limitedKeyId: limitedKeyOf(context, poolId),
  };
  return { insert, made: { stored, key, profile, seen: null, config, vault } };
}
