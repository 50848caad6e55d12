import { createHash } from 'node:crypto';

/** Style of all pages: the reader's own fonts and colour scheme, nothing fetched. */
export const STYLE = `:root { color-scheme: light dark; --ink: #1b1f2a; --soft: #5a6275; --paper: #f4f5f8; --card: #fff;
  --line: #8a92a6; --mark: #2f4fd0; --on-mark: #fff; --bad: #b3202c; --good: #17693a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9ebf1; --soft: #a9b0c2; --paper: #12141b; --card: #1c1f29; --line: #6d758a; --mark: #9db1ff;
    --on-mark: #10131c; --bad: #ff9c9c; --good: #86d9a6; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header, main, footer { width: min(100% - 2rem, 28rem); margin-inline: auto; }
header { padding: 1.5rem 0 0.75rem; font-weight: 600; }
header a { color: inherit; text-decoration: none; }
main { background: var(--card); border-radius: 0.75rem; padding: 1.5rem; box-shadow: 0 1px 4px rgb(0 0 0 / 18%); }
main.wide { width: min(100% - 2rem, 40rem); }
footer { padding: 1rem 0 2rem; font-size: 0.9rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 0 0 0.75rem; font-size: 1.15rem; }
section { margin-top: 1.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
a { color: var(--mark); }
label { display: block; font-weight: 600; }
.field { margin-bottom: 1rem; }
.check { display: flex; gap: 0.6rem; align-items: center; }
input:not([type='checkbox']) { width: 100%; padding: 0.6rem 0.7rem; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 0.4rem; }
input[type='checkbox'] { width: 1.25rem; height: 1.25rem; }
input[aria-invalid='true'] { border-color: var(--bad); }
button, .button { display: block; width: 100%; min-height: 2.75rem; margin: 0.6rem 0; padding: 0.55rem 0.9rem; font: inherit;
  font-weight: 600; text-align: center; text-decoration: none; color: var(--mark); background: none;
  border: 1px solid var(--mark); border-radius: 0.4rem; cursor: pointer; }
button.main, .button.main { color: var(--on-mark); background: var(--mark); }
a:focus-visible, button:focus-visible, input:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--mark);
  outline-offset: 2px; }
.or { display: flex; gap: 0.75rem; align-items: center; margin: 1rem 0 0.4rem; color: var(--soft); }
.or::before, .or::after { content: ''; flex: 1; border-top: 1px solid var(--line); }
.notice, .summary { margin: 0 0 1rem; padding: 0.7rem 0.9rem; border-left: 4px solid var(--mark); background: var(--paper); }
.notice.success { border-color: var(--good); }
.summary { border-color: var(--bad); }
.summary h2 { font-size: 1rem; margin: 0 0 0.25rem; }
.summary ul { margin: 0; padding-left: 1.1rem; }
.message { margin: 0.3rem 0 0; }
.error, .summary a { color: var(--bad); }
.soft { color: var(--soft); font-size: 0.9rem; }
.links { display: flex; flex-wrap: wrap; gap: 0.4rem 1.25rem; margin: 1.25rem 0 0; padding: 0; list-style: none; }
.list { margin: 0; padding: 0; list-style: none; }
.list > li { padding: 0.75rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.list > li:last-child { border: 0; }
.codes { columns: 2; padding-left: 1.25rem; }
code { font: 0.95em ui-monospace, monospace; overflow-wrap: anywhere; }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; background: #fff; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
.scriptless { display: none; }
[hidden] { display: none; }
@media (scripting: none) { .scriptless { display: block; } }
`;

/** What a Content-Security-Policy lets that very style through by. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
