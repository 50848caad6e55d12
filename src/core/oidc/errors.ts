import { CoreError } from '../errors.ts';

/**
 * `denied`: the person, or the provider, said no. `unavailable`: the provider could not be asked. `untrusted`: what came
 * back is not what it must be.
 */
export type OpenIdProblem = 'denied' | 'unavailable' | 'untrusted';

/** Somebody could not be signed in at a provider. What the provider wrote about it is not in here. */
export class OpenIdFailed extends CoreError {
  readonly problem: OpenIdProblem;
  /** @param detail For the log: a code of ours, nothing of what was sent. */
  constructor(problem: OpenIdProblem, detail: string) {
    super('unavailable', 'provider_sign_in_failed', 'Signing in at the provider failed.', { detail });
    this.problem = problem;
  }
}
