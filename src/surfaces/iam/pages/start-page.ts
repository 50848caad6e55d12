import type { Deps } from '../../../core/deps.ts';
import { recordWithoutCredentials } from '../../../core/iam/own-record.ts';
import type { IamRecord } from '../../../core/iam/record.ts';
import { knownAddress } from '../../../core/identities/addresses.ts';
import { isAssuredFor } from '../../../core/self-service/assured.ts';
import { offerOf } from '../../../core/self-service/begin-flow.ts';
import { type Html, html } from '../../../http/html.ts';
import type { PageReply } from '../../../http/replies.ts';
import { KINDS } from '../flows/kinds.ts';
import type { FlowHttpRequest } from '../flows/read-submit.ts';
import type { IamSession } from '../session-guard.ts';
import { beginLink, sessionsLink, signOutLink } from './links.ts';
import { answerPage, drawLinks, type Link, type PageSetting } from './page.ts';
import { settingOf } from './setting.ts';
import type { PageTexts } from './texts.ts';

/** The page at the pool's own address: who one is, and where one may go. */
export function startPageHandler(deps: Deps) {
  return async (request: FlowHttpRequest): Promise<PageReply> => {
    const offer = await offerOf(deps, request);
    const { offered } = offer;
    const setting = settingOf(deps, request);
    const { session } = request;
    if (session === null) return answerWelcome(setting, offered);
    const signOut = signOutLink(deps, setting, request);
    if (!isAssuredFor(session.found, offer, 'whoamiAal')) return answerHalfway(setting, signOut);
    return answerHome(deps, setting, { session, signOut, offered });
  };
}

type Offered = Awaited<ReturnType<typeof offerOf>>['offered'];

function answerWelcome(setting: PageSetting, offered: Offered): PageReply {
  const { texts } = setting;
  const ways = [
    beginLink(setting, 'login', { offered }),
    beginLink(setting, 'registration', { offered }),
  ].filter((link) => link !== null);
  const others = [
    beginLink(setting, 'recovery', { offered }),
    beginLink(setting, 'verification', { offered }),
    referenceLink(setting),
  ];
  return answerPage(setting, {
    title: texts.welcome.title,
    content: html`<p>${texts.welcome.text}</p>
${ways.map((way, index) => drawWay(way, index === 0))}${drawLinks(others)}`,
  });
}

function drawWay({ href, text }: Link, isMain: boolean): Html {
  return html`<a class="button ${isMain ? 'main' : 'plain'}" href="${href}">${text}</a>
`;
}

/** The reference is the server's, whatever pool the page is of. */
function referenceLink({ texts, places }: PageSetting): Link {
  return { href: `${places.base.replace(/\/p\/[^/]+$/, '')}/docs`, text: texts.links.reference };
}

/** Of somebody who has a second factor and has not shown it: nothing is told yet. */
function answerHalfway(setting: PageSetting, signOut: Link | null): PageReply {
  const { texts, places } = setting;
  const onward = {
    href: `${places.base}/self-service/login/browser?aal=aal2`,
    text: texts.links.secondFactor,
  };
  return answerPage(setting, {
    title: texts.secondStep,
    content: html`<p>${texts.home.needsSecondFactor}</p>${drawWay(onward, true)}${drawLinks([signOut])}`,
  });
}

async function answerHome(
  deps: Deps,
  setting: PageSetting,
  { session, signOut, offered }: { session: IamSession; signOut: Link | null; offered: Offered },
): Promise<PageReply> {
  const { texts } = setting;
  const record = await recordWithoutCredentials(deps, session.found.identity);
  const { derived, stored } = record;
  const name = derived.identifiers[0]?.value ?? stored.id;
  const links = [
    KINDS.settings === undefined ? null : beginLink(setting, 'settings', { offered }),
    sessionsLink(setting),
    beginLink(setting, 'verification', { offered }),
    referenceLink(setting),
    signOut,
  ];
  return answerPage(setting, {
    title: texts.home.title,
    content: html`<p>${texts.home.signedInAs} <strong>${name}</strong>.</p>
${drawAddresses(texts, record)}${drawLinks(links)}`,
  });
}

function drawAddresses({ home }: PageTexts, { derived, profile, stored }: IamRecord): Html {
  if (derived.verifiable.length === 0) return html``;
  const lines = derived.verifiable.map((address) => {
    const { verified } = knownAddress(profile, address, stored.createdAt);
    return html`<li>${address.value} <span class="soft">(${verified ? home.verified : home.unverified})</span></li>`;
  });
  return html`<h2>${home.addresses}</h2><ul class="list">${lines}</ul>
`;
}
