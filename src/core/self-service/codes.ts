import type { Deps } from '../deps.ts';
import type { IdentityId } from '../ports.ts';
import type { Flow } from './flow.ts';
import type { CodePurpose, CodeStore } from './ports.ts';

const DIGITS = 6;
const CODES = 10 ** DIGITS;
const WORDS = 2 ** 32;
/** Above, codes would not all be equally likely. */
const WORD_MAX = WORDS - (WORDS % CODES);
const CODE = /^[0-9]{6}$/;

export interface CodeBinding {
  readonly flow: Flow;
  readonly purpose: CodePurpose;
}

/** A code, or a link's token, that is sent to one address of a flow. */
export interface Sending extends CodeBinding {
  /** Normalised. */
  readonly address: string;
  /** Whose address it is; null: nobody's yet. */
  readonly identityId: IdentityId | null;
  readonly lifespanSeconds: number;
}

/**
 * A new code for one address of a flow. Of several to the same address only the newest can be used; how often codes may
 * be tried is counted for the flow, so a new one brings no new guesses.
 *
 * Within the transaction that queues its message. Also for an address that nobody has: it takes the same time, and a
 * code that is told to nobody opens nothing.
 *
 * @returns Six digits, for the message and for nothing else.
 */
export async function issueCode(
  { codes }: { readonly codes: CodeStore },
  { clock, random }: Pick<Deps, 'clock' | 'random'>,
  input: Sending,
): Promise<string> {
  const code = randomCode(random);
  await keepSecret({ codes, clock }, input, codeDigest(input, code));
  return code;
}

/** Keeps what was sent, in the place of whatever was sent to that address of the flow before. */
export async function keepSecret(
  { codes, clock }: Pick<Deps, 'clock'> & { readonly codes: CodeStore },
  { flow, purpose, address, identityId, lifespanSeconds }: Sending,
  codeDigest: Buffer,
): Promise<void> {
  await codes.putCode({
    ...{ poolId: flow.poolId, flowId: flow.id, purpose, identityId, codeDigest },
    addressDigest: addressDigest(flow, address),
    expiresAt: new Date(clock.now().getTime() + lifespanSeconds * 1000),
  });
}

export type CodeOutcome =
  | { readonly outcome: 'used'; readonly address: string; readonly identityId: IdentityId | null }
  /** Wrong, used, expired, replaced, of another flow, address or purpose: all look alike. */
  | { readonly outcome: 'wrong' }
  /** The flow takes no codes any more, the right one included. */
  | { readonly outcome: 'too_many' };

/**
 * Uses a code up, by one statement and before whatever it buys: of any number at once one finds it. Every call counts
 * as one submission of the flow; so not within a transaction that may be undone.
 *
 * @param input.addresses Normalised: those that the code may have been sent to.
 * @param input.code As typed: blanks are dropped.
 */
export async function useCode(
  { codes, clock }: Pick<Deps, 'clock'> & { readonly codes: CodeStore },
  input: CodeBinding & {
    readonly addresses: readonly string[];
    readonly code: string;
    readonly submissionsMax: number;
  },
): Promise<CodeOutcome> {
  const { flow, purpose, addresses, submissionsMax } = input;
  const typed = input.code.replaceAll(/\s/g, '');
  const sentTo = addresses.map((address) => ({ address, digest: addressDigest(flow, address) }));
  const { isCounted, used } = await codes.useCode({
    ...{ poolId: flow.poolId, flowId: flow.id, purpose, submissionsMax, at: clock.now() },
    addressDigests: sentTo.map(({ digest }) => digest),
    // Whatever is no code is counted like a wrong one.
    codeDigest: codeDigest(input, CODE.test(typed) ? typed : ''),
  });
  if (!isCounted) return { outcome: 'too_many' };
  const found = sentTo.find(({ digest }) => used?.addressDigest.equals(digest));
  if (used === null || found === undefined) return { outcome: 'wrong' };
  return { outcome: 'used', address: found.address, identityId: used.identityId };
}

function randomCode(random: Deps['random']): string {
  for (;;) {
    const word = random.bytes(4).readUInt32BE(0);
    if (word < WORD_MAX) return String(word % CODES).padStart(DIGITS, '0');
  }
}

/** What a row says of where its code went. */
export function addressDigest({ vault }: Flow, address: string): Buffer {
  return vault.digest('flow:address', address);
}

/** Keyed, since a million codes are soon tried; with the flow, so that a row says nothing about another one. */
function codeDigest({ flow, purpose }: CodeBinding, code: string): Buffer {
  return flow.vault.digest('flow:code', `${flow.id}:${purpose}:${code}`);
}
