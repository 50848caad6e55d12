import type { FieldProblem } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { IdentityId, PoolId, PoolVault } from '../ports.ts';
import { claimOf } from './claims.ts';
import { deriveIndexes, type FactorInput, identifierSpace } from './factors.ts';
import { derivedOf, traitIdentifiers } from './login-identifiers.ts';
import type { IdentityStore } from './ports.ts';
import type { Profile } from './profile.ts';

const TAKEN = 'Another identity of the pool has this value.';

/** Which of the factors that were sent belong to another identity already. */
export async function findTaken(
  identities: Pick<IdentityStore, 'findHolders'>,
  input: {
    poolId: PoolId;
    config: PoolConfig;
    vault: PoolVault;
    schemaId: string;
    profile: Profile;
    id: IdentityId;
    factors: readonly FactorInput[];
  },
): Promise<FieldProblem[]> {
  const { identifiers } = deriveIndexes(input.config, input.schemaId, input.profile);
  const derived = derivedOf(input.config, { schemaId: input.schemaId, traits: input.profile.traits });
  const claims = [...identifiers, ...traitIdentifiers(derived)].map((one) => claimOf(input.vault, one));
  const holders = await identities.findHolders(input.poolId, claims);
  const spaces = new Set(holders.filter((held) => held.identityId !== input.id).map((held) => held.space));
  const problems: FieldProblem[] = [];
  input.factors.forEach(({ name }, index) => {
    const definition = input.config.factors.find((factor) => factor.name === name);
    if (definition === undefined || !spaces.has(identifierSpace(definition))) return;
    problems.push({ path: ['factors', index, 'value'], code: 'taken', message: TAKEN });
  });
  // Linked to what another identity logs in with, though no factor that identifies.
  if (spaces.size > 0 && problems.length === 0)
    problems.push({ path: ['factors'], code: 'taken', message: TAKEN });
  return problems;
}
