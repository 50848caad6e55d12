import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BreachedPasswords } from '../../core/passwords/ports.ts';

const PACKAGED_LIST = '@zxcvbn-ts/language-common/src/passwords.json';

async function loadPackagedList(): Promise<ReadonlySet<string>> {
  const text = await readFile(fileURLToPath(import.meta.resolve(PACKAGED_LIST)), 'utf8');
  const listed: unknown = JSON.parse(text);
  if (!Array.isArray(listed)) throw new TypeError(`${PACKAGED_LIST} is no list`);
  return new Set(listed.map((password) => String(password).toLowerCase()));
}

/**
 * The 49,000 passwords that breaches have most often, from a package; read at the first question and kept (5 MB). Says
 * nothing about rarer ones.
 */
export function createCommonPasswords(): BreachedPasswords {
  let loading: Promise<ReadonlySet<string>> | null = null;
  return {
    async has(folded) {
      loading ??= loadPackagedList();
      return (await loading).has(folded);
    },
  };
}
