import { offerOf } from '../begin-flow.ts';
import { useLinkToken } from '../links.ts';
import { forgetSends } from '../send-limit.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { ADMINISTRATOR, isByAdministrator, sentToOf } from './recovery-data.ts';
import type { AddressKind } from './recovery-kinds.ts';
import type { Proved } from './recovery-use-code.ts';

/**
 * Uses up the token of a recovery link or a verification link.
 * @returns What it proves; null where that is nothing, and where links are switched off.
 */
export async function proveByLink(
  deps: FlowDeps,
  submission: Submission,
  kind: AddressKind,
  token: string,
): Promise<Proved | null> {
  const { flow, poolId, address: client } = submission;
  const { offered } = await offerOf(deps, submission);
  const address = sentToOf(flow);
  if (!offered.enabled[kind] || !offered.methods.link.enabled) return null;
  if (address === null && !isByAdministrator(flow)) return null;
  const sentTo = address?.value ?? ADMINISTRATOR;
  const identityId = await useLinkToken(deps, { flow, purpose: kind, address: sentTo, token });
  if (identityId === null) return null;
  if (address !== null) {
    const count = { poolId, vault: flow.vault, purpose: kind, recipient: address.value, address: client };
    await forgetSends(deps, offered.lockout, count);
  }
  return { identityId, address };
}
