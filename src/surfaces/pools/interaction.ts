import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type { Interaction } from '../../core/identities/record-interaction.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { normaliseAddress } from '../../kit/cidr.ts';
import type { Details } from './request-body.ts';

/** Clocks differ; an interaction further ahead than this is a mistake. */
const AHEAD_SECONDS_MAX = 300;

/**
 * Reads the hook's body; what it leaves out comes from the request itself. The JA4 header counts from a trusted
 * proxy only, place and ASN never come from the caller (contract pools 5).
 *
 * @throws InvalidInput Every problem at once.
 */
export function readInteraction(
  request: Pick<GuardedRequest, 'headers' | 'clientAddress' | 'fromTrustedProxy'>,
  details: Details,
  { now, ja4Header }: { now: Date; ja4Header: string },
): Interaction {
  const problems: FieldProblem[] = [];
  const invalid = (key: string, message: string) => problems.push({ path: [key], code: 'invalid', message });
  const text = (key: string): string | null => {
    const value = details[key] ?? null;
    if (value === null || typeof value === 'string') return value;
    invalid(key, 'This must be a string.');
    return null;
  };
  const header = (name: string): string | null => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : null;
  };

  const nowSeconds = now.getTime() / 1000;
  const at = details.at ?? nowSeconds;
  const isTime =
    typeof at === 'number' && Number.isFinite(at) && at >= 0 && at <= nowSeconds + AHEAD_SECONDS_MAX;
  if (!isTime) invalid('at', 'This must be a time in Unix seconds, not in the future.');

  const sentIp = text('remote_ip');
  const remoteIp = sentIp === null ? request.clientAddress : normaliseAddress(sentIp);
  if (remoteIp === null) invalid('remote_ip', 'This is no IP address.');
  const userAgent = text('user_agent') ?? header('user-agent');
  const ja4Fingerprint = text('ja4_fingerprint') ?? (request.fromTrustedProxy ? header(ja4Header) : null);
  if (problems.length > 0) throw new InvalidInput(problems);
  return { at: new Date((isTime ? at : nowSeconds) * 1000), remoteIp, userAgent, ja4Fingerprint };
}
