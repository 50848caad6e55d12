import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { CoreError } from '../../src/core/errors.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** A class of the family `CoreError` that has a code of its own. */
export interface ErrorClass {
  readonly name: string;
  readonly kind: CoreError['kind'];
  readonly code: string;
  /** What callers read; null where it differs from case to case. */
  readonly message: string | null;
  /** What the source says above the class. */
  readonly meaning: string;
}

/**
 * Every code in src, read from the sources and not from a list: classes that extend the family, however far down,
 * and errors made of `CoreError` itself. In the order of their kinds and codes.
 */
export function listCoreErrors(): ErrorClass[] {
  const files = globSync('src/**/*.ts', { cwd: ROOT })
    .filter((path) => !path.endsWith('.test.ts'))
    .sort()
    .map((path) => join(ROOT, path));
  const found = files.flatMap((path) => readErrors(ts.sys.readFile(path) ?? '', path));
  return found.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.code < b.code ? -1 : 1));
}

export const KINDS: readonly CoreError['kind'][] = [
  ...(['invalid', 'unauthenticated', 'forbidden', 'not_found'] as const),
  ...(['conflict', 'too_many', 'unavailable', 'internal'] as const),
];

function readErrors(text: string, path: string): ErrorClass[] {
  const source = ts.createSourceFile(pathToFileURL(path).href, text, ts.ScriptTarget.Latest, true);
  const found: ErrorClass[] = [];
  const visit = (node: ts.Node, holder: ts.ClassDeclaration | null): void => {
    const within = ts.isClassDeclaration(node) ? node : holder;
    const args = argumentsOf(node, within);
    if (args !== null) found.push(describe(args, within));
    if (ts.isClassDeclaration(node)) {
      const special = specialCase(node, found);
      if (special !== null) found.push(special);
    }
    ts.forEachChild(node, (child) => visit(child, within));
  };
  visit(source, null);
  return found;
}

/** A class with a `code` of its own over another one of the family, which stands above it in the same file. */
function specialCase(node: ts.ClassDeclaration, above: readonly ErrorClass[]): ErrorClass | null {
  const code = node.members.find((one) => ts.isPropertyDeclaration(one) && one.name.getText() === 'code');
  if (code === undefined || !ts.isPropertyDeclaration(code)) return null;
  const base = above.find(({ name }) => name === baseOf(node));
  if (base === undefined || code.initializer === undefined || !ts.isStringLiteral(code.initializer))
    return null;
  const [message] = superCall(node)?.arguments ?? [];
  return {
    name: node.name?.text ?? base.name,
    kind: base.kind,
    code: code.initializer.text,
    message: message !== undefined && ts.isStringLiteral(message) ? message.text : base.message,
    meaning: comment(node) ?? '',
  };
}

function superCall(node: ts.Node): ts.CallExpression | undefined {
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword) return node;
  return ts.forEachChild(node, superCall);
}

function baseOf(node: ts.ClassDeclaration | null): string | undefined {
  return node?.heritageClauses?.flatMap((clause) => [...clause.types])[0]?.expression.getText();
}

/** Of `super(kind, code, message)` in a class of the family, and of `new CoreError(kind, code, message)`. */
function argumentsOf(node: ts.Node, holder: ts.ClassDeclaration | null): readonly ts.Expression[] | null {
  if (ts.isNewExpression(node) && node.expression.getText() === 'CoreError') return node.arguments ?? [];
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.SuperKeyword) return null;
  return baseOf(holder) === 'CoreError' ? node.arguments : null;
}

function describe(
  [kind, code, message]: readonly ts.Expression[],
  holder: ts.ClassDeclaration | null,
): ErrorClass {
  const [kindText, codeText] = [kind, code].map((one) => (one && ts.isStringLiteral(one) ? one.text : null));
  const known = KINDS.find((one) => one === kindText);
  if (known === undefined || typeof codeText !== 'string') {
    throw new TypeError(`${holder?.name?.text ?? 'CoreError'}: kind and code must be written out`);
  }
  const fixed = message !== undefined && ts.isStringLiteral(message) ? message.text : null;
  return {
    name: holder?.name?.text ?? 'CoreError',
    kind: known,
    code: codeText,
    message: fixed,
    meaning: (holder === null ? null : comment(holder)) ?? '',
  };
}

function comment(node: ts.ClassDeclaration): string | null {
  const [doc] = ts.getJSDocCommentsAndTags(node);
  const text = doc !== undefined && ts.isJSDoc(doc) ? ts.getTextOfJSDocComment(doc.comment) : undefined;
  return text === undefined
    ? null
    : text
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/ \(R\d+\)/g, '')
        .trim();
}
