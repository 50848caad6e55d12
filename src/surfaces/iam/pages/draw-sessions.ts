import type { SessionView } from '../../../core/sessions/view.ts';
import { type Html, html } from '../../../http/html.ts';
import { deviceName } from './device-name.ts';
import { startLink } from './links.ts';
import { drawLinks, type Link, type PageSetting } from './page.ts';
import type { PageTexts } from './texts.ts';

export interface ShownSessions {
  readonly current: SessionView;
  readonly others: readonly SessionView[];
  readonly hasMore: boolean;
  readonly signOut: Link | null;
}

export interface RevokeForm {
  readonly action: string;
  readonly token: string;
  /** What stands for every other session in the place of an id. */
  readonly all: string;
}

/** Where somebody is signed in, with a button for each of the other places. */
export function drawSessions(setting: PageSetting, shown: ShownSessions, form: RevokeForm): Html {
  const { texts } = setting;
  const { sessions } = texts;
  const { current, others, hasMore, signOut } = shown;
  return html`<h2>${sessions.current}</h2>
<ul class="list"><li>${drawSession(texts, current)}</li></ul>
<section aria-labelledby="others"><h2 id="others">${sessions.others}</h2>
${others.length === 0 ? html`<p>${sessions.none}</p>` : drawOthers(texts, others, form)}
${hasMore ? html`<p class="soft">${sessions.more}</p>` : ''}</section>
${drawLinks([startLink(setting), signOut])}`;
}

function drawOthers(texts: PageTexts, others: readonly SessionView[], form: RevokeForm): Html {
  const { revoke, revokeAll } = texts.sessions;
  const lines = others.map(
    (session) =>
      html`<li><div id="${session.id}">${drawSession(texts, session)}</div>
${drawButton(form, { value: session.id, text: revoke, about: session.id })}</li>`,
  );
  return html`${drawButton(form, { value: form.all, text: revokeAll })}<ul class="list">${lines}</ul>`;
}

function drawSession({ sessions }: PageTexts, { devices, authenticatedAt }: SessionView): Html {
  const device = devices.at(-1);
  const name = deviceName(device?.userAgent ?? '') ?? sessions.unknownDevice;
  const place = [device?.location, device?.ipAddress].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  const at = authenticatedAt.toISOString();
  return html`<strong>${name}</strong><br><span class="soft">${place.map((part) => `${part}, `)}${sessions.signedInAt}
<time datetime="${at}">${at.slice(0, 16).replace('T', ' ')} UTC</time></span>`;
}

/** @param button.about The id of what tells one button from the next. */
function drawButton(
  { action, token }: RevokeForm,
  { value, text, about }: { readonly value: string; readonly text: string; readonly about?: string },
): Html {
  const described = about === undefined ? '' : html` aria-describedby="${about}"`;
  return html`<form method="post" action="${action}"><input type="hidden" name="csrf_token" value="${token}">
<button type="submit" name="session" value="${value}"${described}>${text}</button></form>
`;
}
