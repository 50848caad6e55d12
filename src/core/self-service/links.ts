import type { Deps } from '../deps.ts';
import type { IdentityId } from '../ports.ts';
import { addressDigest, type CodeBinding, keepSecret, type Sending } from './codes.ts';
import type { CodeStore } from './ports.ts';

const SIZE_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** Nobody guesses a token: how often one is tried needs no bound. */
const SUBMISSIONS_MAX = 2 ** 31 - 1;

/**
 * A new token for a link, in the place of whatever was sent to that address of the flow before; as `issueCode`.
 *
 * @returns 43 characters of base64url, 32 random bytes: for the link and for nothing else. Only a digest is kept.
 */
export async function issueLinkToken(
  { codes }: { readonly codes: CodeStore },
  { clock, random }: Pick<Deps, 'clock' | 'random'>,
  input: Sending,
): Promise<string> {
  const token = random.bytes(SIZE_BYTES).toString('base64url');
  await keepSecret({ codes, clock }, input, tokenDigest(input, token));
  return token;
}

/**
 * Uses a token up, by one statement and before whatever it buys: of any number at once one finds it.
 *
 * @returns Whose it is; null for one that is wrong, used, expired, replaced, or of another flow, address or purpose, and
 *   for one that was sent to nobody: all look alike.
 */
export async function useLinkToken(
  { codes, clock }: Pick<Deps, 'clock'> & { readonly codes: CodeStore },
  input: CodeBinding & { readonly address: string; readonly token: string },
): Promise<IdentityId | null> {
  const { flow, purpose, address, token } = input;
  if (!TOKEN.test(token)) return null;
  const { used } = await codes.useCode({
    ...{ poolId: flow.poolId, flowId: flow.id, purpose, at: clock.now(), submissionsMax: SUBMISSIONS_MAX },
    addressDigests: [addressDigest(flow, address)],
    codeDigest: tokenDigest(input, token),
  });
  return used?.identityId ?? null;
}

/** Where a link leads, beside its flow. */
export function linkOf(base: string, { kind, id }: CodeBinding['flow'], token: string): string {
  return `${base}/self-service/${kind}?flow=${id}&token=${token}`;
}

function tokenDigest({ flow, purpose }: CodeBinding, token: string): Buffer {
  return flow.vault.digest('flow:link', `${flow.id}:${purpose}:${token}`);
}
