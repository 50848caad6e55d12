import { readFile } from 'node:fs/promises';
import type { ClaimRule } from '../core/oidc/config.ts';
import { UsageError } from './command.ts';

const RULE_KEYS: ReadonlySet<string> = new Set(['claim', 'trait', 'verifiedBy']);

/** A secret as it was pasted into a file: white space at its end is none of it. @throws UsageError */
export async function readSecretFile(file: string): Promise<string> {
  const secret = (await readText(file)).trim();
  if (secret === '') throw new UsageError(`${file} is empty.`);
  return secret;
}

/** What is in them is the core's to judge; so with the rules. @throws UsageError */
export async function readParametersFile(file: string): Promise<Record<string, string>> {
  const parsed = await readJson(file);
  if (!isObject(parsed) || !Object.values(parsed).every(isText))
    throw new UsageError(`${file} is not a JSON object of texts.`);
  return parsed as Record<string, string>;
}

/** @throws UsageError */
export async function readMappingFile(file: string): Promise<ClaimRule[]> {
  const parsed = await readJson(file);
  if (!Array.isArray(parsed) || !parsed.every(isRule))
    throw new UsageError(`${file} is not a JSON list of objects with claim, trait and perhaps verifiedBy.`);
  return parsed;
}

function isRule(value: unknown): value is ClaimRule {
  if (!isObject(value) || !Object.keys(value).every((key) => RULE_KEYS.has(key))) return false;
  const { claim, trait, verifiedBy = '' } = value;
  return [claim, trait, verifiedBy].every(isText);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not JSON.`);
  }
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new UsageError(`${file} cannot be read.`);
  });
}
