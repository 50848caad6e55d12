import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Fields, isField } from './field.ts';
import { findNearest } from './nearest.ts';
import { parseJson, Unreadable } from './parse.ts';
import type { Fault } from './section.ts';
import { SECTIONS } from './sections.ts';

/** The settings file: raw values by key, and what is wrong with it as a whole or with its keys. */
export interface SettingsFile {
  readonly folder: string;
  readonly raw: ReadonlyMap<string, unknown>;
  readonly faults: readonly Fault[];
}

/** @param path A JSON file: an object of sections, each an object of settings. */
export function readSettingsFile(path: string): SettingsFile {
  const folder = dirname(resolve(path));
  const raw = new Map<string, unknown>();
  const faults: Fault[] = [];
  const content = parse(path);
  if (content instanceof Error) faults.push({ key: path, message: content.message });
  else {
    const sections = Object.fromEntries(Object.values(SECTIONS).map(({ name, fields }) => [name, fields]));
    collect('', content, sections, raw, faults);
  }
  return { folder, raw, faults };
}

function parse(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    return new Error(`the settings file cannot be read${code}`);
  }
  try {
    return parseJson(text);
  } catch (error) {
    return error instanceof Unreadable ? new Error(`the settings file ${error.message}`) : error;
  }
}

function collect(
  prefix: string,
  value: unknown,
  fields: Fields,
  raw: Map<string, unknown>,
  faults: Fault[],
): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.push({ key: prefix === '' ? 'settings file' : prefix, message: 'must be an object of settings' });
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const entry = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (entry === undefined) {
      const near = findNearest(name, Object.keys(fields));
      faults.push({
        key,
        message: `there is no such setting${near === null ? '' : `; did you mean ${near}?`}`,
      });
    } else if (isField(entry)) raw.set(key, inner);
    else collect(key, inner, entry, raw, faults);
  }
}
