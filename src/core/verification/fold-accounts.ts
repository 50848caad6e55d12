import type { Profile } from '../identities/profile.ts';

/**
 * Accounts elsewhere go with the person whose they are: whoever came by one of the secondary's comes to the primary from
 * now on, and is free to begin anew once that is erased.
 *
 * @see Contract identify 3.1; DESIGN R8.
 */
export function foldAccounts(into: Profile, from: Profile): { into: Profile; left: Profile } {
  const { accounts = [], ...rest } = from.identify ?? {};
  if (accounts.length === 0) return { into, left: from };
  return {
    into: {
      ...into,
      identify: { ...into.identify, accounts: [...(into.identify?.accounts ?? []), ...accounts] },
    },
    left: { ...from, identify: rest },
  };
}
