import type { Static } from 'typebox';
import { getMessage, listMessages, type MessageView } from '../../core/courier/messages.ts';
import type { Dispatch, MessageId } from '../../core/courier/ports.ts';
import type { Deps } from '../../core/deps.ts';
import { parse } from '../../http/parse.ts';
import { type GuardedRequest, replyWith } from '../../http/route.ts';
import { linksTo, tokenPages } from './page-links.ts';
import * as wire from './wire-courier.ts';

const SIZE = 10;
const SIZE_MAX = 500;
const REDACTED = '<redacted-unless-dev-mode>';

/**
 * Handlers of messages that people are sent (contract iam 4.3).
 * @param options.showsBodies Subjects and texts as they are, codes among them: for development.
 */
export function courierHandlers(deps: Deps, { showsBodies }: { readonly showsBodies: boolean }) {
  const show = (message: MessageView): Static<typeof wire.Message> => showMessage(message, showsBodies);
  return {
    async listMessages(request: GuardedRequest) {
      const query = parse(wire.ListQuery, request.query);
      const size = readSize(query.page_size);
      const { items, nextPageToken } = await listMessages(deps, request.principal, {
        status: query.status ?? null,
        recipient: query.recipient ?? null,
        pageSize: size,
        pageToken: readToken(query.page_token),
      });
      const link = linksTo(deps.addresses.origin(), request, tokenPages(size, nextPageToken));
      return replyWith(items.map(show), { headers: { link } });
    },

    async getMessage({ principal, params }: GuardedRequest) {
      const { id } = parse(wire.Params, params);
      const { dispatches, ...message } = await getMessage(deps, principal, id.toLowerCase() as MessageId);
      return { ...show(message), dispatches: dispatches.map((one) => showDispatch(message.id, one)) };
    },
  };
}

function readSize(text = ''): number {
  const size = Number(text);
  return size < 1 ? SIZE : Math.min(size, SIZE_MAX);
}

/** Null: the first page, in whatever way it is named. */
function readToken(token = ''): string | null {
  return token === '' || token === '1' ? null : token;
}

function showMessage(message: MessageView, showsBodies: boolean): Static<typeof wire.Message> {
  const { id, status, type, recipient, subject, body, templateType, sendCount } = message;
  return {
    ...{ id, status, type, recipient },
    subject: showsBodies ? subject : REDACTED,
    // Of one that has ended, the text may be gone.
    body: showsBodies ? (body?.text ?? '') : REDACTED,
    template_type: templateType,
    channel: type,
    send_count: sendCount,
    created_at: message.createdAt.toISOString(),
    updated_at: message.updatedAt.toISOString(),
  };
}

function showDispatch(messageId: MessageId, { id, failure, createdAt, updatedAt }: Dispatch) {
  return {
    ...{ id, message_id: messageId },
    status: failure === null ? ('success' as const) : ('failed' as const),
    ...(failure === null ? {} : { error: { reason: failure } }),
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
