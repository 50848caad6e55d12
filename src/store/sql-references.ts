import type { Node } from './sql-tokens.ts';
import { isQuery, isSymbol, isWord, nameOf } from './sql-tokens.ts';

/** A table named in a query, by the name that its conditions use. */
export interface Reference {
  readonly kind: 'read' | 'insert' | 'update' | 'delete';
  readonly table: string;
  readonly alias: string;
  /** The columns that an INSERT lists or an UPDATE sets. */
  readonly columns: readonly string[];
}

/** The conditions after one WHERE or ON. `only`: they bind this one table at most; null: any. */
export interface Clause {
  readonly nodes: readonly Node[];
  readonly only: { readonly alias: string } | null;
}

const NO_ALIAS = [
  ...[
    'set',
    'where',
    'on',
    'using',
    'join',
    'left',
    'right',
    'full',
    'inner',
    'cross',
    'natural',
    'group',
    'order',
  ],
  ...[
    'limit',
    'offset',
    'fetch',
    'for',
    'having',
    'window',
    'returning',
    'values',
    'select',
    'default',
    'with',
  ],
  ...['overriding', 'tablesample', 'union', 'intersect', 'except', 'do'],
];
const CLAUSE_END = [
  ...['group', 'order', 'limit', 'offset', 'fetch', 'for', 'having', 'returning', 'window', 'where', 'join'],
  ...['left', 'right', 'full', 'inner', 'cross', 'natural', 'set', 'from', 'using', 'select'],
];

/** Tables of this query only, not of those in parentheses of their own; joins in parentheses belong to it. */
export function readReferences(query: readonly Node[]): Reference[] {
  const found: Reference[] = [];
  let inList = false;
  let joined = false;
  for (const [index, node] of query.entries()) {
    const previous = query[index - 1];
    if (isWord(node, 'update') && !isWord(previous, 'for', 'do', 'key'))
      push(found, 'update', query, index + 1);
    else if (isWord(node, 'into') && isWord(previous, 'insert')) push(found, 'insert', query, index + 1);
    else if (isWord(node, 'from') && !isDistinctFrom(query, index)) {
      push(found, isWord(previous, 'delete') ? 'delete' : 'read', query, index + 1);
      inList = true;
      joined = false;
    } else if (isWord(node, 'using') && inList && !joined) {
      // DELETE … USING; after a join it lists columns instead.
      push(found, 'read', query, index + 1);
    } else if (isWord(node, 'join')) {
      push(found, 'read', query, index + 1);
      joined = true;
    } else if (isSymbol(node, ',') && inList) push(found, 'read', query, index + 1);
    else if (
      isWord(node, 'where', 'group', 'order', 'returning', 'limit', 'for', 'having', 'window', 'set')
    ) {
      inList = false;
    }
  }
  return found;
}

/** The conditions of this query, those of its joins in parentheses included. */
export function readClauses(query: readonly Node[]): Clause[] {
  const clauses: Clause[] = [];
  for (const [index, node] of query.entries()) {
    if (isJoins(query, index) && node.kind === 'group') clauses.push(...readClauses(node.nodes));
    if (!isWord(node, 'where', 'on') || isConflictTarget(query, index)) continue;
    let end = index + 1;
    while (end < query.length && !endsClause(query, end)) end += 1;
    const nodes = query.slice(index + 1, end);
    clauses.push({ nodes, only: isWord(node, 'on') ? outerJoined(query, index) : null });
  }
  return clauses;
}

/** Some of the words also stand within a condition: `is distinct from`, `left(text, 3)`. */
function endsClause(query: readonly Node[], index: number): boolean {
  const node = query[index];
  if (isWord(node, 'left', 'right') && query[index + 1]?.kind === 'group') return false;
  return isWord(node, 'on', ...CLAUSE_END) && !isDistinctFrom(query, index);
}

/** `on conflict (…)`: no condition; a WHERE after `do update set` filters nothing that is searched. */
function isConflictTarget(query: readonly Node[], index: number): boolean {
  if (isWord(query[index], 'on')) return isWord(query[index + 1], 'conflict');
  return query.slice(0, index).some((node, at) => isWord(node, 'conflict') && isWord(query[at - 1], 'on'));
}

/** `a is distinct from b` names no table. */
function isDistinctFrom(query: readonly Node[], index: number): boolean {
  return isWord(query[index - 1], 'distinct') && isWord(query[index - 2], 'is', 'not');
}

/** The table that an outer join brings, for the ON at `index`; null for an inner join. */
function outerJoined(query: readonly Node[], index: number): { alias: string } | null {
  let join = index - 1;
  while (join >= 0 && !isWord(query[join], 'join')) join -= 1;
  const before = isWord(query[join - 1], 'outer') ? query[join - 2] : query[join - 1];
  if (isWord(before, 'right', 'full')) return { alias: '\u0000' };
  if (!isWord(before, 'left')) return null;
  const [reference] = readItem('read', query, join + 1);
  return { alias: reference?.alias ?? '\u0000' };
}

/** A parenthesis in FROM that holds joins and no query. */
function isJoins(query: readonly Node[], index: number): boolean {
  const node = query[index];
  if (node?.kind !== 'group' || isQuery(node)) return false;
  return isWord(query[index - 1], 'from', 'join') || node.nodes.some((inner) => isWord(inner, 'join'));
}

function push(found: Reference[], kind: Reference['kind'], query: readonly Node[], at: number): void {
  found.push(...readItem(kind, query, at));
}

/** One item of a FROM list, or the target of a change: a table, joins in parentheses, or nothing of ours. */
function readItem(kind: Reference['kind'], query: readonly Node[], start: number): Reference[] {
  let at = start;
  while (isWord(query[at], 'only', 'lateral')) at += 1;
  const first = query[at];
  if (first?.kind === 'group') return isQuery(first) ? [] : readReferences([FROM, ...first.nodes]);
  if (isSymbol(query[at + 1], '.')) at += 2;
  const table = nameOf(query[at]);
  if (table === null) return [];
  at += 1;
  // A function, unless these are the columns of an INSERT.
  if (kind !== 'insert' && query[at]?.kind === 'group') return [];
  let alias = table;
  if (isWord(query[at], 'as')) at += 1;
  const named = nameOf(query[at]);
  if (named !== null && !isWord(query[at], ...NO_ALIAS)) {
    alias = named;
    at += 1;
  }
  return [{ kind, table, alias, columns: columnsOf(kind, query, at) }];
}

const FROM: Node = { kind: 'word', text: 'from' };

function columnsOf(kind: Reference['kind'], query: readonly Node[], at: number): string[] {
  const node = query[at];
  if (kind === 'insert') return node?.kind === 'group' && !isQuery(node) ? namesIn(node.nodes) : [];
  if (kind !== 'update' || !isWord(node, 'set')) return [];
  const columns: string[] = [];
  for (
    let next = at + 1;
    next < query.length && !isWord(query[next], 'where', 'from', 'returning');
    next += 1
  ) {
    if (!isSymbol(query[next + 1], '=') || !(next === at + 1 || isSymbol(query[next - 1], ','))) continue;
    const target = query[next];
    columns.push(...(target?.kind === 'group' ? namesIn(target.nodes) : namesIn(target ? [target] : [])));
  }
  return columns;
}

function namesIn(nodes: readonly Node[]): string[] {
  return nodes.map(nameOf).filter((name) => name !== null);
}
