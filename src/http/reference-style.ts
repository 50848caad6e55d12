/** Style sheet of the reference pages: the reader's own fonts and colour scheme, nothing fetched. */
export const REFERENCE_STYLE = `:root { color-scheme: light dark; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
h2 { margin-top: 2.5rem; border-top: 1px solid GrayText; padding-top: 1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.5rem; border-bottom: 1px solid GrayText; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid GrayText; }
code { font: 0.9em ui-monospace, monospace; }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 3px solid Highlight; }
`;
