import { equalInConstantTime } from '../../../kit/constant-time.ts';
import type { Outcome } from '../outcome.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { loginBySecondFactor } from './login-second-factor.ts';

/** A backup code, each of which is good once. @throws LockedOut @see Contract iam 6.3, 6.4, "Lookup". */
export function loginByLookup(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  return loginBySecondFactor<'none' | 'used' | 'wrong'>(deps, submission, {
    ...{ method: { method: 'lookup_secret', aal: 'aal2' }, field: 'lookup_secret' },
    texts: { none: 4000014, used: 4000012, wrong: 4000016 },
    judge({ credentials }, typed) {
      const { lookup_secret: lookup } = credentials;
      if (lookup === undefined) return { is: 'none' };
      const place = placeOf(
        lookup.codes.map(({ code }) => code),
        typed.trim(),
      );
      const found = lookup.codes[place];
      if (found === undefined) return { is: 'wrong' };
      if (found.usedAt !== undefined) return { is: 'used' };
      const usedAt = deps.clock.now().toISOString();
      const codes = lookup.codes.map((one, index) => (index === place ? { ...one, usedAt } : one));
      return {
        ...{ is: 'good', fields: ['credentials.lookup_secret'] },
        credentials: { ...credentials, lookup_secret: { ...lookup, codes } },
      };
    },
  });
}

/** Compared with every code, so that time does not tell how far a guess came. -1: none. */
function placeOf(codes: readonly string[], typed: string): number {
  const bytes = Buffer.from(typed);
  return codes.reduce(
    (place, code, index) => (equalInConstantTime(Buffer.from(code), bytes) ? index : place),
    -1,
  );
}
