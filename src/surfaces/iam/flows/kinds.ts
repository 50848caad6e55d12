import type { FlowUses } from '../../../core/self-service/flow-use.ts';
import { RECOVERY } from '../../../core/self-service/methods/recovery.ts';
import { VERIFICATION } from '../../../core/self-service/methods/verification.ts';
import { LOGIN } from '../../../core/self-service/submit-login.ts';
import { REGISTRATION } from '../../../core/self-service/submit-registration.ts';
import { SETTINGS } from '../../../core/self-service/submit-settings.ts';

/** The kinds of flows that answer here. */
export const KINDS: FlowUses = {
  login: LOGIN,
  registration: REGISTRATION,
  settings: SETTINGS,
  recovery: RECOVERY,
  verification: VERIFICATION,
};
