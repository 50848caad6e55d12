import type { Node } from './sql-tokens.ts';
import { isQuery, isSymbol, isWord, nameOf } from './sql-tokens.ts';

const COLUMN = 'pool_id';
/** What may follow a condition that stands by itself. */
const AFTER = [
  ...[
    'and',
    'group',
    'order',
    'limit',
    'offset',
    'fetch',
    'for',
    'having',
    'returning',
    'window',
    'on',
    'where',
  ],
  ...['join', 'left', 'right', 'full', 'inner', 'cross', 'natural', 'union', 'intersect', 'except', 'set'],
];
const BEFORE = ['where', 'and', 'on'];

/**
 * The tables (by alias; '' for a condition without one) that a list of conditions binds to pools of the caller's:
 * `alias.pool_id = $1`, or `= any($1)`, as a term that must hold. Nothing within OR, NOT, CASE or a function call
 * counts, nor does an equality with another column.
 *
 * @param nodes What follows WHERE or ON, up to the clause's end.
 */
export function boundAliases(nodes: readonly Node[]): Set<string> {
  const bound = new Set<string>();
  if (nodes.some((node) => isWord(node, 'or', 'case'))) return bound;
  for (let index = 0; index < nodes.length; index += 1) {
    const previous = nodes[index - 1];
    if (previous !== undefined && !isWord(previous, ...BEFORE)) continue;
    const node = nodes[index];
    if (node?.kind === 'group' && !isQuery(node) && ends(nodes[index + 1])) {
      for (const alias of boundAliases(node.nodes)) bound.add(alias);
      continue;
    }
    const alias = boundAt(nodes, index);
    if (alias !== null) bound.add(alias);
  }
  return bound;
}

function ends(node: Node | undefined): boolean {
  return node === undefined || isWord(node, ...AFTER) || isSymbol(node, ';') || isSymbol(node, ',');
}

/** Reads one term; both orders of `=` are understood. */
function boundAt(nodes: readonly Node[], start: number): string | null {
  const column = readColumn(nodes, start);
  if (column !== null) {
    if (!isSymbol(nodes[column.next], '=')) return null;
    const next = readValue(nodes, column.next + 1);
    return next !== null && ends(nodes[next]) ? column.alias : null;
  }
  const next = readValue(nodes, start);
  if (next === null || !isSymbol(nodes[next], '=')) return null;
  const second = readColumn(nodes, next + 1);
  return second !== null && ends(nodes[second.next]) ? second.alias : null;
}

function readColumn(nodes: readonly Node[], at: number): { alias: string; next: number } | null {
  if (isSymbol(nodes[at + 1], '.')) {
    const alias = nameOf(nodes[at]);
    // `schema.table.column` is not written here.
    return alias !== null && nameOf(nodes[at + 2]) === COLUMN ? { alias, next: at + 3 } : null;
  }
  return nameOf(nodes[at]) === COLUMN ? { alias: '', next: at + 1 } : null;
}

/** `$1`, `$1::uuid`, `any($1)`, `any($1::uuid[])`. @returns Where it ends, or null when it is something else. */
function readValue(nodes: readonly Node[], at: number): number | null {
  if (isWord(nodes[at], 'any')) {
    const group = nodes[at + 1];
    if (group?.kind !== 'group') return null;
    return readValue(group.nodes, 0) === group.nodes.length ? at + 2 : null;
  }
  if (nodes[at]?.kind !== 'parameter') return null;
  let next = at + 1;
  if (!isSymbol(nodes[next], '::')) return next;
  next += 2;
  while (isSymbol(nodes[next], '[') || isSymbol(nodes[next], ']')) next += 1;
  return next;
}
