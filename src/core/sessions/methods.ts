import type { AuthenticationMethod } from './content.ts';
import type { AssuranceLevel } from './ports.ts';

/** A second factor without a first one counts as one thing that was shown. @see Contract iam 6.4, "AAL of a session". */
export function assuranceOf(methods: readonly Pick<AuthenticationMethod, 'aal'>[]): AssuranceLevel {
  const has = (aal: AssuranceLevel) => methods.some((method) => method.aal === aal);
  if (has('aal1') && has('aal2')) return 'aal2';
  return has('aal1') || has('aal2') ? 'aal1' : 'aal0';
}

/**
 * With a method that was shown again in its new place only, so that a session that is kept alive for months does not
 * grow with every login.
 */
export function withMethod(
  methods: readonly AuthenticationMethod[],
  added: AuthenticationMethod,
): AuthenticationMethod[] {
  const isSame = (one: AuthenticationMethod) =>
    one.method === added.method &&
    one.aal === added.aal &&
    one.provider === added.provider &&
    one.organization === added.organization;
  return [...methods.filter((one) => !isSame(one)), added];
}
