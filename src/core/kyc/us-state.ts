import { isUsStateCode } from '../../kit/us-states.ts';

interface Place {
  readonly country: string;
  readonly state: string | null;
}

/**
 * Whether a place in the United States names its state, district or territory by code, in either case.
 *
 * @returns Null for a place elsewhere.
 */
export function hasUsState({ country, state }: Place): boolean | null {
  if (country !== 'US') return null;
  return isUsStateCode((state ?? '').trim().toUpperCase());
}
