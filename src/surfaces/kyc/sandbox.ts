import type { Deps } from '../../core/deps.ts';
import { InvalidInput } from '../../core/errors.ts';
import { type Selector, simulateDecision } from '../../core/kyc/simulate.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { normaliseEmail } from '../../kit/normalise.ts';
import { BodyReader } from './body-reader.ts';
import { readExceptions } from './read-review.ts';
import { requireNoQuery } from './requests.ts';

const SELECTORS = ['identityId', 'email'];

/** Handlers of simulated decisions (contract kyc 3.9). Only keys of a sandbox come here. */
export function sandboxHandlers(deps: Deps) {
  return {
    async approveIdentity(request: GuardedRequest) {
      requireNoQuery(request);
      const selector = readSelector(new BodyReader(request.body as Record<string, unknown>, SELECTORS));
      await simulateDecision(deps, request.context, selector, { state: 'approved', exceptions: [] });
      return { message: 'Identity sent to approval' };
    },

    async rejectIdentity(request: GuardedRequest) {
      requireNoQuery(request);
      const reader = new BodyReader(request.body as Record<string, unknown>, [...SELECTORS, 'exceptions']);
      const exceptions = readExceptions(reader) ?? [];
      const selector = readSelector(reader);
      await simulateDecision(deps, request.context, selector, { state: 'rejected', exceptions });
      return { message: 'Identity sent to rejection' };
    },
  };
}

/** @throws InvalidInput Everything that is wrong with the body, at once. */
function readSelector(reader: BodyReader): Selector {
  const identityId = reader.uuid('identityId') ?? undefined;
  const email = reader.checked('email', 254, (text) =>
    normaliseEmail(text) === null ? ['format', 'must be an e-mail address'] : null,
  );
  if (!SELECTORS.some((name) => reader.has(name))) {
    const message = 'is required, unless email is sent';
    reader.problems.push({ path: ['identityId'], code: 'required', message });
  }
  if (reader.problems.length > 0) throw new InvalidInput(reader.problems);
  return { identityId: identityId as IdentityId | undefined, email: email ?? undefined };
}
