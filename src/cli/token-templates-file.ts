import { readFile } from 'node:fs/promises';
import type { TokenTemplateInput } from '../core/jwt/templates.ts';
import { UsageError } from './command.ts';

const SHAPE = 'a JSON list of objects with name, and perhaps ttlSeconds, claims and subject';
const KEYS: ReadonlySet<string> = new Set(['name', 'ttlSeconds', 'claims', 'subject']);

/**
 * Templates of tokens as an operator writes them down; what is in them is the core's to judge.
 * @throws UsageError The file cannot be read, or holds something else.
 */
export async function readTokenTemplatesFile(file: string): Promise<TokenTemplateInput[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`${file} cannot be read.`);
  });
  const parsed = parse(file, text);
  if (!Array.isArray(parsed) || !parsed.every(isTemplate)) throw new UsageError(`${file} is not ${SHAPE}.`);
  return parsed;
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not JSON.`);
  }
}

function isTemplate(value: unknown): value is TokenTemplateInput {
  if (typeof value !== 'object' || value === null || !Object.keys(value).every((key) => KEYS.has(key)))
    return false;
  const { name, ttlSeconds = 1, claims = [], subject = '' } = value as Record<string, unknown>;
  const isText = (one: unknown) => typeof one === 'string';
  return [name, subject].every(isText) && typeof ttlSeconds === 'number' && isListOf(claims, isText);
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}
