/**
 * - `word`: an unquoted name or keyword, in lower case
 * - `name`: a quoted name, as it is
 * - `parameter`: `$1`
 * - `literal`: a string or a number
 * - `symbol`: one character, or `::`
 */
export interface Token {
  readonly kind: 'word' | 'name' | 'parameter' | 'literal' | 'symbol';
  readonly text: string;
}

/** A parenthesis with what is in it. */
export interface Group {
  readonly kind: 'group';
  readonly text: '(';
  readonly nodes: readonly Node[];
}

export type Node = Token | Group;

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+|--[^\n]*|/\*[\s\S]*?\*/)`,
    String.raw`(?<literal>[eE]?'(?:[^']|'')*'|\d+(?:\.\d+)?)`,
    '(?<name>"(?:[^"]|"")*")',
    String.raw`(?<parameter>\$\d+)`,
    '(?<word>[A-Za-z_][A-Za-z0-9_$]*)',
    String.raw`(?<symbol>::|[^\s])`,
  ].join('|'),
  'gy',
);

/** A statement as a tree of parentheses, without comments. @throws SyntaxError They do not match. */
export function readSql(text: string): Node[] {
  const stack: Node[][] = [[]];
  for (const { groups } of text.matchAll(TOKEN)) {
    const token = tokenOf(groups ?? {});
    if (token === null) continue;
    if (token.text === '(' && token.kind === 'symbol') {
      stack.push([]);
      continue;
    }
    if (token.text !== ')' || token.kind !== 'symbol') {
      stack.at(-1)?.push(token);
      continue;
    }
    const nodes = stack.pop();
    const outer = stack.at(-1);
    if (nodes === undefined || outer === undefined) throw new SyntaxError('a parenthesis closes nothing');
    outer.push({ kind: 'group', text: '(', nodes });
  }
  const [nodes] = stack;
  if (nodes === undefined || stack.length > 1) throw new SyntaxError('a parenthesis is not closed');
  return nodes;
}

function tokenOf(groups: Record<string, string | undefined>): Token | null {
  const { literal, name, parameter, word, symbol } = groups;
  if (literal !== undefined) return { kind: 'literal', text: literal };
  if (name !== undefined) return { kind: 'name', text: name.slice(1, -1).replaceAll('""', '"') };
  if (parameter !== undefined) return { kind: 'parameter', text: parameter };
  if (word !== undefined) return { kind: 'word', text: word.toLowerCase() };
  return symbol === undefined ? null : { kind: 'symbol', text: symbol };
}

export function isWord(node: Node | undefined, ...words: readonly string[]): boolean {
  return node?.kind === 'word' && words.includes(node.text);
}

export function isSymbol(node: Node | undefined, text: string): boolean {
  return node?.kind === 'symbol' && node.text === text;
}

/** The name that a quoted or unquoted word says; null for anything else. */
export function nameOf(node: Node | undefined): string | null {
  return node?.kind === 'word' || node?.kind === 'name' ? node.text : null;
}

/** A parenthesis that holds a statement of its own. */
export function isQuery(node: Node | undefined): boolean {
  return (
    node?.kind === 'group' && isWord(node.nodes[0], 'select', 'with', 'insert', 'update', 'delete', 'values')
  );
}
