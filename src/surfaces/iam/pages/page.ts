import type { Cookie } from '../../../http/cookies.ts';
import { Html, html } from '../../../http/html.ts';
import { type PageReply, replyWithPage } from '../../../http/replies.ts';
import type { Places } from '../flows/present-flow.ts';
import { STYLE, STYLE_SOURCE } from './style.ts';
import type { PageTexts } from './texts.ts';

/** What every page is given. */
export interface PageSetting {
  readonly texts: PageTexts;
  readonly places: Places;
}

export interface PageParts {
  readonly title: string;
  /** Everything below the title. */
  readonly content: Html;
  /** More room than a form needs. */
  readonly isWide?: boolean;
  /** Default 200. */
  readonly status?: number;
  readonly cookies?: readonly Cookie[];
  /** Where forms may end up by redirects, beyond the pages' own site: sources of a Content-Security-Policy. */
  readonly formSources?: readonly string[];
  /** Loaded at the end of the page, and let through by its whole address. */
  readonly script?: PageScript;
}

export interface PageScript {
  readonly src: string;
  /** Subresource integrity. */
  readonly integrity: string;
}

/** A drawing of one square upon another, so that browsers do not ask for one. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%232f4fd0' d='M1 1h9v9H1z'/%3E%3Cpath fill='%239db1ff' d='M6 6h9v9H6z'/%3E%3C/svg%3E";

/** A page in the frame that all of them have: fetches and runs nothing but what its parts name. */
export function answerPage(setting: PageSetting, parts: PageParts): PageReply {
  const { status = 200, script, formSources = [], cookies = [] } = parts;
  const directives = {
    'style-src': [STYLE_SOURCE],
    'img-src': ['data:'],
    'form-action': ["'self'", ...new Set(formSources)],
    ...(script === undefined ? {} : { 'script-src': [script.src] }),
  };
  return replyWithPage(draw(setting, parts), { status, cookies, policy: { directives } });
}

function draw({ texts, places }: PageSetting, { title, content, isWide, script }: PageParts): Html {
  const kind = isWide === true ? 'wide' : 'narrow';
  return html`<!doctype html>
<html lang="${texts.language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - ${texts.service}</title><link rel="icon" href="${ICON}"><style>${new Html(STYLE)}</style></head>
<body><a class="skip" href="#main">${texts.skip}</a>
<header><a href="${places.base}/">${texts.service}</a></header>
<main id="main" class="${kind}" tabindex="-1"><h1>${title}</h1>
${content}</main>
${script === undefined ? '' : drawScript(script)}</body></html>`;
}

function drawScript({ src, integrity }: PageScript): Html {
  return html`<script src="${src}" integrity="${integrity}" crossorigin="anonymous" defer></script>`;
}

export interface Link {
  readonly href: string;
  readonly text: string;
}

/** @param links Those that there are, as a list. */
export function drawLinks(links: readonly (Link | null)[]): Html {
  const shown = links.filter((link) => link !== null);
  if (shown.length === 0) return html``;
  return html`<ul class="links">${shown.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}</ul>`;
}
