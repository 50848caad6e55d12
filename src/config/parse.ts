/** A file that cannot be used; the message goes on after its name, and quotes nothing of it, which may be a secret. */
export class Unreadable extends Error {}

/** @throws Unreadable With line and column, as far as the runtime tells them. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The runtime's own message quotes the text around the fault.
    const where = / at position \d+ \((line \d+ column \d+)\)/.exec(String(error))?.[1];
    throw new Unreadable(`is not JSON${where === undefined ? '' : ` (${where})`}`);
  }
}

/**
 * YAML 1.2, one document without tags. Keys are texts, and named once.
 * @throws Unreadable With line and column.
 */
export async function parseYaml(text: string): Promise<unknown> {
  // Only who has such a file waits for its reader.
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { stringKeys: true, resolveKnownTags: false });
  // An unknown tag is a warning, and what it stands for would be lost.
  const [fault] = [...document.errors, ...document.warnings];
  const [start] = fault?.linePos ?? [];
  if (fault !== undefined)
    throw new Unreadable(
      `is not YAML${start === undefined ? '' : ` (line ${start.line} column ${start.col})`}`,
    );
  try {
    return document.toJS();
  } catch {
    throw new Unreadable('has aliases that lead nowhere, or too far');
  }
}
