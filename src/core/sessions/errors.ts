import { CoreError } from '../errors.ts';

/** The session is good, but its person has a second factor and has not shown it. */
export class AssuranceTooLow extends CoreError {
  constructor() {
    super(
      'forbidden',
      'session_aal2_required',
      'The session does not fulfil the requested authenticator assurance level; a second factor must be shown first.',
    );
  }
}
