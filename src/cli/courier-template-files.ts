import { readFile } from 'node:fs/promises';
import { type Arguments, UsageError } from './command.ts';

/** Options of `courier templates set` that name files. */
export const TEMPLATE_FILE_OPTIONS = {
  'subject-file': { value: 'FILE', prose: 'The subject of the e-mail: one line.' },
  'text-file': { value: 'FILE', prose: 'The e-mail as plain text.' },
  'html-file': { value: 'FILE', prose: 'The e-mail as HTML; without it, it is plain text only.' },
  'sms-file': { value: 'FILE', prose: 'The text message.' },
  file: {
    value: 'FILE',
    prose: 'All of it as JSON: `{"email": {"subject", "text", "html"}, "sms": {"text"}}`.',
  },
} as const;

/**
 * What a server is sent; what is in it is the server's to judge.
 * @throws UsageError Nothing was given, half an e-mail, JSON beside other files; a file that cannot be read.
 */
export async function readTemplateFiles(args: Arguments): Promise<unknown> {
  const [subject, text, html, sms] = await Promise.all(
    (['subject-file', 'text-file', 'html-file', 'sms-file'] as const).map((name) => readOption(args, name)),
  );
  const json = await readOption(args, 'file');
  const parts = [subject, text, html, sms].filter((part) => part !== null);
  if (json !== null) {
    if (parts.length > 0) throw new UsageError('--file has everything: no other file goes with it.');
    return parse(json);
  }
  if (parts.length === 0) throw new UsageError('courier templates set needs a file.');
  const hasMail = [subject, text, html].some((part) => part !== null);
  if (hasMail && (subject === null || text === null))
    throw new UsageError('An e-mail needs --subject-file and --text-file.');
  return {
    ...(hasMail && {
      // Editors end a file with a line break; a subject has none.
      email: { subject: subject?.trimEnd(), text, ...(html !== null && { html }) },
    }),
    ...(sms !== null && { sms: { text: sms?.trimEnd() } }),
  };
}

async function readOption(args: Arguments, name: keyof typeof TEMPLATE_FILE_OPTIONS): Promise<string | null> {
  const file = args.option(name);
  if (file === null) return null;
  return readFile(file, 'utf8').catch(() => {
    throw new UsageError(`The file of --${name} cannot be read.`);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('The file is no JSON.');
  }
}
