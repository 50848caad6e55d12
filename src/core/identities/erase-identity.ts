import type { Revision } from './revision.ts';
import { type Standing, standingOf } from './standing.ts';

/** What erasing makes of a record (R8). What stays is the customer's reference, counts, times and structure. */
export function erasing(standing: Standing): Revision {
  return {
    action: 'identity.erased',
    // To clients of verification an erased identity is one whose status changed.
    events: ['identity.updated'],
    fields: ['status'],
    status: 'erased',
    standing: standingOf({
      ...standing,
      status: 'redacted',
      country: undefined,
      confirmed: undefined,
      monitoringPaused: undefined,
    }),
  };
}
