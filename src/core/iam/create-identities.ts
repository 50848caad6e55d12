import { type CoreError, InvalidInput, WrongState } from '../errors.ts';
import { type Drafting, prepareInsert } from '../identities/create-record.ts';
import type { IdentifierClaim, IdentityInsert } from '../identities/ports.ts';
import { untilDone } from '../identities/retry.ts';
import { IdentityLimitReached } from '../keys/errors.ts';
import { identitiesLeft } from '../keys/single-identity.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { ActingContext, IdentityId, PoolId, RequestContext } from '../ports.ts';
import { type CreateIamNeeds, draftOf } from './create-identity.ts';
import { IdentifierTaken } from './errors.ts';
import { hashImports, importProblems, type PreparedImports } from './import-credentials.ts';
import type { NewIamIdentity } from './input.ts';
import type { IamIdentityStore } from './ports.ts';

type Needs = CreateIamNeeds & { readonly iamIdentities: Pick<IamIdentityStore, 'insertMany'> };

/** Null: nothing was asked for in this place. */
export type NewOrNone = NewIamIdentity | null;
export type BatchOutcome = { readonly id: IdentityId } | { readonly error: CoreError } | null;

/** Prepared in one turn; other requests are answered between two of them. */
const CHUNK = 200;
/** Of passwords at once; others that log in meanwhile wait behind so many. */
const HASHED_AT_ONCE = 4;

/**
 * Makes identities of the key's pool as `createIamIdentity` does each, in one transaction. Traits that break their
 * schema, identifiers that are taken, by another identity or an earlier one of the batch, and what is beyond the limit of
 * the key, fail in their place; the others are made all the same.
 *
 * @returns In the order of the inputs.
 * @throws InvalidInput Credentials of any of them cannot be imported: then none is made. @throws WrongState @throws Busy
 * @see Contract iam 4.1, "Batch PATCH".
 */
export async function createIamIdentities(
  deps: Needs,
  context: RequestContext,
  inputs: readonly NewOrNone[],
): Promise<readonly BatchOutcome[]> {
  const { poolId } = context.principal;
  const problems = inputs.flatMap((input, index) =>
    input === null ? [] : importProblems({ hasher: deps.passwords }, input.credentials, importsAt(index)),
  );
  if (problems.length > 0) throw new InvalidInput(problems);
  const imports = await prepareAllImports(deps, await deps.configs.current(poolId), inputs);
  const { result } = await untilDone(deps.configs, poolId, async () => {
    const config = await deps.configs.any(poolId);
    if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
    const vault = await deps.vault.pool(poolId, config.version);
    const drafting = { config, vault, schemaId: config.defaultSchemaId };
    const prepared = await prepareAll(deps, context, drafting, { inputs, imports });
    const inserts = prepared.filter(isInsert);
    const outcome = inserts.length === 0 ? 'done' : await deps.iamIdentities.insertMany(inserts);
    // An identifier was taken, or the key used up, since that was looked for: the next try finds out which.
    const isOvertaken = outcome === 'taken' || outcome === 'limited';
    return { outcome: isOvertaken ? 'stale' : outcome, result: prepared };
  });
  return result.map((one) => (one === null ? null : isInsert(one) ? { id: one.id } : { error: one }));
}

function importsAt(index: number) {
  return ['identities', index, 'create', 'credentials'] as const;
}

/** Hashes what came in clear, but for what is refused anyway. @throws Busy */
async function prepareAllImports(
  deps: Needs,
  config: PoolConfig,
  inputs: readonly NewOrNone[],
): Promise<readonly PreparedImports[]> {
  const prepared: PreparedImports[] = inputs.map(() => ({}));
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < inputs.length) {
      const index = next;
      next += 1;
      const input = inputs[index];
      if (input === undefined || input === null) continue;
      const { credentials } = input;
      const isCostly = credentials.password?.password !== undefined;
      if (isCostly && refusalOf(() => draftOf(deps, draftingOf(config), input, {})) !== null) continue;
      const { passwordAlgorithm } = config.iam;
      prepared[index] = await hashImports({ hasher: deps.passwords }, credentials, passwordAlgorithm);
    }
  };
  await Promise.all(Array.from({ length: HASHED_AT_ONCE }, work));
  return prepared;
}

function draftingOf(config: PoolConfig): Pick<Drafting, 'config' | 'schemaId'> {
  return { config, schemaId: config.defaultSchemaId };
}

/** @returns Null when it is not refused. */
function refusalOf(work: () => unknown): InvalidInput | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

type Prepared = IdentityInsert | CoreError | null;

function isInsert(prepared: Prepared): prepared is IdentityInsert {
  return prepared !== null && 'claims' in prepared;
}

async function prepareAll(
  deps: Needs,
  context: ActingContext,
  drafting: Drafting,
  { inputs, imports }: { inputs: readonly NewOrNone[]; imports: readonly PreparedImports[] },
): Promise<readonly Prepared[]> {
  const { poolId } = drafting.config;
  const left = await identitiesLeft(deps, context);
  const all: Prepared[] = [];
  const claimed = new Set<string>();
  for (let from = 0; from < inputs.length; from += CHUNK) {
    const chunk = inputs
      .slice(from, from + CHUNK)
      .map((input, offset) => prepareOne(deps, context, drafting, input, imports[from + offset] ?? {}));
    // Whoever may make nothing learns nothing about who is there.
    const held = left === 0 ? new Set<string>() : await findHeld(deps, poolId, chunk.filter(isInsert));
    for (const one of chunk) all.push(isInsert(one) ? claim(one, { held, claimed }) : one);
  }
  return upTo(left, all);
}

/** The first so many are made, the others refused. */
function upTo(limit: number, all: readonly Prepared[]): readonly Prepared[] {
  let left = limit;
  return all.map((one) => {
    if (!isInsert(one)) return one;
    left -= 1;
    return left < 0 ? new IdentityLimitReached() : one;
  });
}

function prepareOne(
  deps: Needs,
  context: ActingContext,
  drafting: Drafting,
  input: NewOrNone,
  imports: PreparedImports,
): Prepared {
  if (input === null) return null;
  try {
    const draft = draftOf(deps, drafting, input, imports);
    const id = deps.ids.next() as IdentityId;
    return prepareInsert(deps, context, { id, ...drafting, ...draft }).insert;
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

async function findHeld(
  { identities }: Pick<Needs, 'identities'>,
  poolId: PoolId,
  inserts: readonly IdentityInsert[],
): Promise<ReadonlySet<string>> {
  const claims = inserts.flatMap((insert) => insert.claims);
  if (claims.length === 0) return new Set();
  return new Set((await identities.findHolders(poolId, claims)).map(textOf));
}

/** Of two in one batch with one claim the first gets it, if it is made. */
function claim(
  insert: IdentityInsert,
  { held, claimed }: { held: ReadonlySet<string>; claimed: Set<string> },
): Prepared {
  const wanted = insert.claims.map(textOf);
  if (wanted.some((one) => held.has(one) || claimed.has(one))) return new IdentifierTaken();
  for (const one of wanted) claimed.add(one);
  return insert;
}

function textOf({ space, digest }: IdentifierClaim): string {
  return `${space}:${digest.toString('base64')}`;
}
