import { type CoreError, NotFound } from '../../../core/errors.ts';
import type { FlowKind } from '../../../core/self-service/ports.ts';
import { html } from '../../../http/html.ts';
import type { PageReply } from '../../../http/replies.ts';
import { errorBody } from '../errors.ts';
import { errorOf } from '../flows/browser-errors.ts';
import { beginPlace } from '../flows/flow-errors.ts';
import { startLink } from './links.ts';
import { answerPage, drawLinks, type Link, type PageSetting } from './page.ts';
import type { PageTexts } from './texts.ts';

/**
 * Says what went wrong, with the status of that.
 * @param kind Of the flow that may be begun again.
 */
export function answerErrorPage(setting: PageSetting, error: CoreError, kind: FlowKind): PageReply {
  const { texts, places } = setting;
  const href = beginPlace(places.base, { kind, type: 'browser', returnTo: null });
  return answer(setting, {
    ...{ reason: reasonOf(texts, error), status: errorBody(error).code },
    again: { href, text: texts.links.again },
  });
}

/** Says what a browser was sent away with; of an id that there is not, only that something was. */
export function answerToldPage(setting: PageSetting, id: string): PageReply {
  const error = findTold(id);
  const told = error ?? new NotFound();
  const reason = error === null ? setting.texts.error.other : reasonOf(setting.texts, error);
  return answer(setting, { reason, status: errorBody(told).code, again: null });
}

function answer(
  setting: PageSetting,
  { reason, status, again }: { reason: string; status: number; again: Link | null },
): PageReply {
  return answerPage(setting, {
    ...{ title: setting.texts.error.title, status },
    content: html`<p>${reason}</p>${drawLinks([again, startLink(setting)])}`,
  });
}

function reasonOf({ error: { reasons, fault, other } }: PageTexts, { code, kind }: CoreError): string {
  const known = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  return known ?? (kind === 'internal' || kind === 'unavailable' ? fault : other);
}

function findTold(id: string): CoreError | null {
  try {
    return errorOf(id);
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
}
