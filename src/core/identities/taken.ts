import type { FieldProblem } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { IdentityId, PoolId, PoolVault } from '../ports.ts';
import { deriveIndexes, type FactorInput, identifierSpace } from './factors.ts';
import type { IdentityStore } from './ports.ts';
import type { Profile } from './profile.ts';

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
  const { claims } = deriveIndexes(input.vault, input.config, input.schemaId, input.profile);
  const holders = await identities.findHolders(input.poolId, claims);
  const spaces = new Set(holders.filter((held) => held.identityId !== input.id).map((held) => held.space));
  const problems: FieldProblem[] = [];
  input.factors.forEach(({ name }, index) => {
    const definition = input.config.factors.find((factor) => factor.name === name);
    if (definition === undefined || !spaces.has(identifierSpace(definition))) return;
    const message = 'Another identity of the pool has this value.';
    problems.push({ path: ['factors', index, 'value'], code: 'taken', message });
  });
  return problems;
}
