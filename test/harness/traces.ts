import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The same value in every form in which it might have got somewhere. */
function formsOf(value: string): Map<string, Buffer> {
  const bytes = Buffer.from(value);
  const utf16 = Buffer.from(value, 'utf16le');
  const each = (format: (code: number) => string) => [...bytes].map(format).join('');
  const hex2 = (code: number) => code.toString(16).padStart(2, '0');
  const forms = new Map<string, Buffer>([
    ['raw', bytes],
    ['upper case', Buffer.from(value.toUpperCase())],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['upper-case hex', Buffer.from(bytes.toString('hex').toUpperCase())],
    ['percent-encoded', Buffer.from(each((code) => `%${hex2(code)}`))],
    ['upper-case percent-encoded', Buffer.from(each((code) => `%${hex2(code).toUpperCase()}`))],
    ['JSON escapes', Buffer.from(each((code) => `\\u00${hex2(code)}`))],
    ['UTF-16, little end first', utf16],
    ['UTF-16, big end first', Buffer.from(utf16).swap16()],
    ['reversed', Buffer.from(bytes).reverse()],
  ]);
  // Three phases of base64, each without the characters that its neighbours have a part in.
  for (const phase of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(phase), bytes]);
    const encoded = padded.toString('base64').replace(/=+$/, '');
    const inner = encoded.slice(phase === 0 ? 0 : phase + 1, -2);
    forms.set(`base64, phase ${phase}`, Buffer.from(inner));
    forms.set(`base64url, phase ${phase}`, Buffer.from(inner.replaceAll('+', '-').replaceAll('/', '_')));
  }
  return forms;
}

/** Where a value stands in some form, each place with a little of what is around it. */
export function search(haystack: Buffer, values: readonly string[]): string[] {
  return values.flatMap((value) =>
    [...formsOf(value)].flatMap(([form, needle]) => {
      const at = haystack.indexOf(needle);
      if (at === -1) return [];
      const around = haystack.subarray(Math.max(0, at - 60), at + needle.length + 30);
      return [`${form}: ${JSON.stringify(around.toString('latin1'))}`];
    }),
  );
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** As `search`, in every file below a directory. */
export function searchFiles(directory: string, values: readonly string[], passOver: readonly string[] = []) {
  return filesIn(directory).flatMap((path) => {
    const name = relative(directory, path);
    if (passOver.includes(name)) return [];
    return search(contentOf(path), values).map((found) => `${name}, ${found}`);
  });
}

/** Nothing where it has gone since it was listed: a database that runs puts files in place of others. */
function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return Buffer.alloc(0);
  }
}
