import { VerifiedAddressRequired } from '../../../core/self-service/errors.ts';
import { VerificationToShow } from './flow-errors.ts';
import { type Places, showNext } from './present-flow.ts';

/** An error as a client that wants JSON is told it: what of it leads to a page says to which. */
export function errorFor(error: unknown, places: Places): unknown {
  if (!(error instanceof VerifiedAddressRequired) || error.begun === null) return error;
  const { begun } = error;
  return new VerificationToShow(showNext(places, begun.flow, [{ next: 'verification', ...begun }]));
}
