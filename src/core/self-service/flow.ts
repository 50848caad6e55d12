import { SealBroken } from '../errors.ts';
import type { ProvenAccount } from '../oidc/ports.ts';
import type { DataKey, PoolVault } from '../ports.ts';
import type { LateKey } from './late-key.ts';
import type { FlowId, FlowRow, StoredFlow } from './ports.ts';
import type { Ui } from './ui/ui.ts';

/** What of a flow may be personal, or a secret: only ever stored sealed. */
export interface FlowContent {
  /** As the flow was begun. */
  readonly requestUrl: string;
  /** Checked when the flow was begun. */
  readonly returnTo: string | null;
  /** Without the CSRF token: that is made anew for each answer. */
  readonly ui: Ui;
  /** What methods keep between their steps; JSON, never shown. Gone once the flow has finished. */
  readonly data: { readonly [name: string]: unknown };
  /** Likewise; whatever methods write beside it. */
  readonly waiting?: WaitingAccount;
}

/** An account at a provider that somebody has shown, and which becomes theirs when they are through with the flow. */
export interface WaitingAccount {
  /** Its id. */
  readonly provider: string;
  readonly account: ProvenAccount;
  /** Whoever signs up with it is signed in. */
  readonly signsIn: boolean;
}

/** A flow with its content. Holds its key: not for logs, nor for keeping beyond the request. */
export interface Flow extends FlowRow {
  /** The pool's, when the flow was read; that in memory for one that is not stored so far; 0 for one that has just begun. */
  readonly configVersion: number;
  readonly content: FlowContent;
  /** Of one that has just begun, where a native client asked for it; see `openExchange`. */
  readonly exchangeCode?: string;
  readonly key: DataKey;
  /** The same, where the flow is not stored so far: its revision then is 0. */
  readonly unstoredKey?: LateKey;
  readonly vault: PoolVault;
}

/** @throws SealBroken Another flow's or pool's, or changed. */
export function openFlow(vault: PoolVault, stored: StoredFlow): Flow {
  const { box, wrappedKey, ...row } = stored;
  const key = vault.openIdentityKey(row.id, wrappedKey);
  const plaintext = key.open(sectionOf(row.id), box);
  try {
    return { ...row, content: JSON.parse(plaintext.toString('utf8')), key, vault };
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('a flow holds no JSON');
  } finally {
    plaintext.fill(0);
  }
}

/** The box, bound to the flow. */
export function sealFlow(key: DataKey, id: FlowId, content: FlowContent): Buffer {
  const plaintext = Buffer.from(JSON.stringify(content));
  const box = key.seal(sectionOf(id), plaintext);
  plaintext.fill(0);
  return box;
}

function sectionOf(id: FlowId): string {
  return `flow:${id}`;
}
