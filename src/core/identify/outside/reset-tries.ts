import { normaliseEmail } from '../../../kit/normalise.ts';
import type { Deps } from '../../deps.ts';
import { type LockoutPolicy, selfServiceOf } from '../../self-service/config.ts';
import { checkAllowed, clearFailures, recordFailure } from '../../self-service/lockout.ts';
import type { Caller, Project } from '../project.ts';
import { ProviderError } from '../provider-ports.ts';

export type TriesNeeds = Pick<Deps, 'clock' | 'lockouts' | 'selfService'>;

/** What a provider's code is used for, and by whom. */
interface Use {
  /** The provider's name. */
  readonly name: string;
  readonly email: string;
  readonly caller: Caller;
}

/** As with codes of our own. */
const TRIES_MAX = 5;
const CODE_SECONDS = 60 * 60;
const WITHOUT_END = 2 ** 31 - 1;

/**
 * Has a provider's code tried as often as one of ours: providers need not count, and who counts says so in its own way. A try
 * counts before the provider is asked, so that of many at once no more get there.
 *
 * @throws LockedOut The code takes no more tries, or there were too many wrong ones from this network.
 * @throws ProviderError As `ask`.
 * @see Contract identify 3.8.
 */
export async function tryCode<Answer>(
  deps: TriesNeeds,
  project: Project,
  use: Use,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const { poolId, vault, config } = project;
  const { lockout } = selfServiceOf(deps, config);
  const network = { poolId, vault, identifier: null, address: use.caller.address };
  const tries = triesOf(project, use);
  await checkAllowed(deps, lockout, network);
  await recordFailure(deps, policyOf(lockout, TRIES_MAX), tries);
  await checkAllowed(deps, policyOf(lockout, TRIES_MAX + 1), tries);
  try {
    const answer = await ask();
    await forgetTries(deps, project, use);
    return answer;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.problem !== 'code_mismatch') throw error;
    await recordFailure(deps, lockout, network);
    // The last wrong one is told at once that there is no other.
    await checkAllowed(deps, policyOf(lockout, TRIES_MAX), tries);
    throw error;
  }
}

/** A new code has its own tries. */
export async function forgetTries(deps: TriesNeeds, project: Project, use: Use): Promise<void> {
  const { lockout } = selfServiceOf(deps, project.config);
  await clearFailures(deps, policyOf(lockout, WITHOUT_END), triesOf(project, use));
}

function triesOf({ poolId, vault }: Project, { name, email }: Use) {
  const whose = normaliseEmail(email) ?? email;
  return { poolId, vault, identifier: `identify:reset:${name}:${whose}`, address: null };
}

function policyOf(lockout: LockoutPolicy, perIdentifierMax: number): LockoutPolicy {
  return { ...lockout, perIdentifierMax, windowSeconds: CODE_SECONDS };
}
