import { isUuid } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound, SealBroken } from '../errors.ts';
import type { PoolVault, Principal } from '../ports.ts';
import { type Body, openContent } from './content.ts';
import type { CourierStore, Dispatch, MessageId, MessageRow, MessageStatus, StoredMessage } from './ports.ts';
import { recipientDigest } from './recipient.ts';

type Needs = Pick<Deps, 'vault'> & { readonly courier: CourierStore };

const SECTION_PAGE = 'courier-page';

/** A message, opened. Personal data; whether subject and body may be shown is the surface's to say. */
export interface MessageView extends MessageRow {
  readonly recipient: string;
  readonly subject: string;
  /** Null once it was dropped; with a code in it as long as it is there. */
  readonly body: Body | null;
}

export interface MessagePage {
  readonly items: readonly MessageView[];
  /** For the page after this one; null on the last. Opaque and sealed. */
  readonly nextPageToken: string | null;
}

/**
 * A pool's messages, newest first: each that was there all the while is seen once, whatever comes in meanwhile.
 *
 * @param input.recipient However it is written: upper case and blanks make no difference.
 * @throws InvalidInput The page token is none of this pool; at path `page_token`.
 * @see Contract iam 1.4, 4.3.
 */
export async function listMessages(
  { courier, vault }: Needs,
  { poolId }: Pick<Principal, 'poolId'>,
  input: {
    readonly status: MessageStatus | null;
    readonly recipient: string | null;
    readonly pageSize: number;
    readonly pageToken: string | null;
  },
): Promise<MessagePage> {
  const { status, recipient, pageSize, pageToken } = input;
  const keys = await vault.pool(poolId);
  const found = await courier.listMessages(poolId, {
    status,
    recipientDigest: recipient === null ? null : recipientDigest(keys, recipient),
    before: pageToken === null ? null : openToken(keys, pageToken),
    limit: pageSize + 1,
  });
  const rows = found.slice(0, pageSize);
  const last = rows.at(-1);
  return {
    items: await Promise.all(rows.map((row) => view({ vault }, row))),
    nextPageToken: found.length > pageSize && last !== undefined ? sealToken(keys, last.id) : null,
  };
}

/** One message with the attempts whose end was seen. @throws NotFound Missing, another pool's, or unreadable by now. */
export async function getMessage(
  { courier, vault }: Needs,
  { poolId }: Pick<Principal, 'poolId'>,
  id: MessageId,
): Promise<MessageView & { readonly dispatches: readonly Dispatch[] }> {
  const found = await courier.findMessage(poolId, id);
  if (found === null) throw new NotFound();
  const dispatches = await courier.listDispatches(poolId, id);
  return { ...(await view({ vault }, found)), dispatches };
}

async function view({ vault }: Pick<Deps, 'vault'>, stored: StoredMessage): Promise<MessageView> {
  const keys = await vault.pool(stored.poolId, stored.configVersion);
  const { head, body } = openContent(keys, stored);
  const { poolId, id, identityId, status, type, templateType, sendCount, createdAt, updatedAt } = stored;
  return {
    ...{ poolId, id, identityId, status, type, templateType, sendCount, createdAt, updatedAt },
    ...head,
    body,
  };
}

function sealToken(keys: PoolVault, id: MessageId): string {
  return keys.seal(SECTION_PAGE, Buffer.from(id)).toString('base64url');
}

function openToken(keys: PoolVault, token: string): MessageId {
  try {
    const id = keys.open(SECTION_PAGE, Buffer.from(token, 'base64url')).toString('utf8');
    if (isUuid(id)) return id as MessageId;
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
  }
  throw new InvalidInput([{ path: ['page_token'], code: 'invalid', message: 'must be one that was given' }]);
}
