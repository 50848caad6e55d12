import { boundAliases } from './sql-conditions.ts';
import type { Reference } from './sql-references.ts';
import { readClauses, readReferences } from './sql-references.ts';
import type { Group, Node } from './sql-tokens.ts';
import { isQuery, isSymbol, isWord, nameOf, readSql } from './sql-tokens.ts';

const SCATTER = /^\s*\/\* scatter: \S[^*]*\*\//;
const DATA = [
  'select',
  'with',
  'insert',
  'update',
  'delete',
  'values',
  'table',
  'merge',
  'truncate',
  'copy',
  'lock',
];

/**
 * SQL.md rule 1: every reference to a pool's table binds its own `pool_id` to a parameter, in the query in which it
 * stands; an equality through a join is not enough. Also refused: an INSERT that does not list `pool_id`, an UPDATE
 * that sets it, a common table expression that hides a pool's table, and TRUNCATE, MERGE, COPY and LOCK of one.
 *
 * Statements that search all pools on purpose begin with the comment `scatter`, a colon and the reason. Statements
 * that define things are not looked at.
 *
 * @returns One line a problem, none when the statement is right.
 */
export function checkStatement(text: string, poolTables: ReadonlySet<string>): string[] {
  if (SCATTER.test(text)) return [];
  const nodes = readSql(text).filter((node) => !isSymbol(node, ';'));
  if (!isWord(nodes[0], ...DATA) && !isQuery(nodes[0])) return [];
  const problems: string[] = [];
  if (isWord(nodes[0], 'truncate', 'merge', 'copy', 'lock', 'table')) {
    const table = nodes.map(nameOf).find((name) => name !== null && poolTables.has(name));
    return table === undefined ? [] : [`${nodes[0]?.text} of ${table} is not bound to a pool`];
  }
  checkQuery(nodes, poolTables, problems);
  return problems;
}

/** One query, its set operations' branches, and every query in its parentheses. */
function checkQuery(nodes: readonly Node[], poolTables: ReadonlySet<string>, problems: string[]): void {
  for (const branch of branches(nodes)) {
    for (const [index, node] of branch.entries()) {
      if (node.kind === 'group') checkGroup(node, poolTables, problems);
      const name = nameOf(node);
      if (name !== null && poolTables.has(name) && definesExpression(branch, index)) {
        problems.push(`the expression "${name}" hides a pool's table`);
      }
    }
    checkReferences(branch, poolTables, problems);
  }
}

function checkGroup(group: Group, poolTables: ReadonlySet<string>, problems: string[]): void {
  if (isQuery(group)) {
    checkQuery(group.nodes, poolTables, problems);
    return;
  }
  for (const node of group.nodes) if (node.kind === 'group') checkGroup(node, poolTables, problems);
}

/** `name as (…)`, `name as materialized (…)`, `name (columns) as (…)`, with a query in the parentheses. */
function definesExpression(nodes: readonly Node[], index: number): boolean {
  let at = index + 1;
  if (nodes[at]?.kind === 'group') at += 1;
  if (!isWord(nodes[at], 'as')) return false;
  at += 1;
  while (isWord(nodes[at], 'not', 'materialized')) at += 1;
  return isQuery(nodes[at]);
}

function branches(nodes: readonly Node[]): Node[][] {
  const lists: Node[][] = [[]];
  for (const node of nodes) {
    if (isWord(node, 'union', 'intersect', 'except')) lists.push([]);
    else lists.at(-1)?.push(node);
  }
  return lists;
}

function checkReferences(branch: readonly Node[], poolTables: ReadonlySet<string>, problems: string[]): void {
  const references = readReferences(branch).filter(({ table }) => poolTables.has(table));
  const bound = new Set<string>();
  for (const { nodes, only } of readClauses(branch)) {
    for (const alias of boundAliases(nodes)) {
      // The condition of an outer join binds the table that it brings, and no other.
      if (only === null || alias === only.alias) bound.add(alias);
      else if (alias === '') bound.add(only.alias);
    }
  }
  const searched = references.filter(({ kind }) => kind !== 'insert');
  for (const reference of references) {
    const problem = problemOf(reference, bound, searched.length === 1);
    if (problem !== null) problems.push(problem);
  }
}

function problemOf(reference: Reference, bound: ReadonlySet<string>, alone: boolean): string | null {
  const { kind, table, alias, columns } = reference;
  const shown = alias === table ? table : `${table} ${alias}`;
  if (kind === 'insert') {
    return columns.includes('pool_id') ? null : `insert into ${table} does not list pool_id`;
  }
  if (kind === 'update' && columns.includes('pool_id')) return `update of ${shown} sets pool_id`;
  if (bound.has(alias) || (alone && bound.has(''))) return null;
  return `${shown} has no pool_id condition of its own`;
}
