import type { Outcome } from '../outcome.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { loginBySecondFactor } from './login-second-factor.ts';
import { matchStep } from './totp.ts';

/** A code of an authenticator app; none is taken twice. @throws LockedOut @see Contract iam 6.3, 6.4, "TOTP". */
export function loginByTotp(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  return loginBySecondFactor<'none' | 'wrong'>(deps, submission, {
    ...{ method: { method: 'totp', aal: 'aal2' }, field: 'totp_code' },
    texts: { none: 4000011, wrong: 4000008 },
    judge({ credentials }, code) {
      const { totp } = credentials;
      if (totp === undefined) return { is: 'none' };
      const after = totp.usedStep ?? null;
      const usedStep = matchStep(deps.counterCodes, { url: totp.url, code, at: deps.clock.now(), after });
      if (usedStep === null) return { is: 'wrong' };
      // Nobody changed it: `updatedAt` stays.
      return {
        is: 'good',
        fields: ['credentials.totp'],
        credentials: { ...credentials, totp: { ...totp, usedStep } },
      };
    },
  });
}
