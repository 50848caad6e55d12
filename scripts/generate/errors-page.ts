import { CoreError } from '../../src/core/errors.ts';
import type { Surface } from '../../src/http/surface.ts';
import { type ErrorClass, listCoreErrors } from './core-errors.ts';
import { surfacesOf } from './surfaces.ts';

const HEAD = `# Errors

Generated from the error classes in \`src\` and from what each surface answers, by \`npm run generate\`: do not edit.

Every error has a kind, a code and a message that is fit for anyone. The kind decides what a surface answers, unless its
contract wants more for a code. Details are in the log only, under the request id of the reply's \`x-request-id\`. A reply
never repeats a value that was sent. Problems of an input come all at once, each with the path of its field.

What is not in this table is a fault of the server: it is logged, and answered as \`internal_fault\`.
`;

/** docs/errors.md */
export function errorsPage(): string {
  const surfaces = surfacesOf();
  const head = [
    ['Code', 'Kind', 'Message', 'Meaning', ...surfaces.map(({ name }) => name)],
    ['---', '---', '---', '---', ...surfaces.map(() => '---')],
  ];
  const rows = listCoreErrors().map((error) => [
    `\`${error.code}\``,
    `\`${error.kind}\``,
    error.message ?? '(says what is wrong)',
    error.meaning,
    ...surfaces.map((surface) => answer(surface, error)),
  ]);
  const table = [...head, ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`);
  return `${HEAD}\n${table.join('\n')}\n${FIELDS}`;
}

const FIELDS = `
\`invalid_input\` carries field problems. Each has a code: \`required\` (missing or null), \`invalid\`, \`unknown\`, \`taken\`
(unique, and another record has it), \`locked\` (confirmed, and so not to be changed). pools answers \`required\` as
\`required_value\` and every other as \`invalid_value\`, in \`errors\` by field, with the first one on top.

Outside of the surfaces (a path that none of them owns, health, metrics, reference pages) errors are problem details as
of RFC 9457, \`application/problem+json\`.
`;

function answer(surface: Surface, { kind, code, message }: ErrorClass): string {
  const { status, body } = surface.present(new CoreError(kind, code, message ?? ''));
  const shown =
    typeof body === 'object' && body !== null && 'code' in body ? ` \`${String(body.code)}\`` : '';
  return `${status}${shown}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
