import { API_OPTIONS, openApi } from '../api-client.ts';
import { type Arguments, type Command, EXIT, type Surroundings } from '../command.ts';
import { readTemplateFiles, TEMPLATE_FILE_OPTIONS } from '../courier-template-files.ts';
import { readLine } from '../key-arguments.ts';
import { type ShownTemplate, type Source, sourceText, templateLines } from '../print-templates.ts';
import { table } from '../table.ts';

const BASE = '/admin/courier/templates';
const NAME_LENGTH_MAX = 64;
const POSITIONALS = ['<type>', '<language>'];
const JSON_OPTION = { prose: 'The server’s JSON in place of lines.' } as const;
const READS = 'The key needs the grant `courier:read`; the pool is the key’s.';
const WRITES = 'The key needs the grant `courier:write`; the pool is the key’s.';
const LANGUAGE =
  'A language is a tag like `de` or `de-AT`, or `*`: every one that the pool has no template in.';

interface Row {
  readonly template_type: string;
  readonly language: string;
  readonly email: Source;
  readonly sms?: Source;
}

export const courierTemplatesList: Command = {
  name: 'courier templates list',
  summary: 'List what messages to people are made from',
  options: { json: JSON_OPTION, ...API_OPTIONS },
  help: [READS],
  run: async (args, surroundings) => {
    const api = await openApi(args, surroundings);
    const templates = (await api.call('GET', BASE)) as readonly Row[];
    if (args.isSet('json')) surroundings.out(JSON.stringify(templates));
    else {
      const rows = templates.map(({ template_type: type, language, email, sms }) => [
        ...[type, language, sourceText(email), sms === undefined ? '' : sourceText(sms)],
      ]);
      for (const line of table([['Type', 'Language', 'E-mail', 'SMS'], ...rows])) surroundings.out(line);
    }
    return EXIT.ok;
  },
};

export const courierTemplatesShow: Command = {
  name: 'courier templates show',
  summary: 'Show what the next message of a type says in a language',
  positionals: POSITIONALS,
  options: { json: JSON_OPTION, ...API_OPTIONS },
  help: [READS, LANGUAGE, '', 'Example: selfsame courier templates show login_code_valid de'],
  run: async (args, surroundings) => {
    const address = addressOf(args);
    const api = await openApi(args, surroundings);
    report((await api.call('GET', address)) as ShownTemplate, templateLines, args, surroundings);
    return EXIT.ok;
  },
};

export const courierTemplatesSet: Command = {
  name: 'courier templates set',
  summary: 'Set what messages of a type say in a language, from files',
  positionals: POSITIONALS,
  options: { ...TEMPLATE_FILE_OPTIONS, json: JSON_OPTION, ...API_OPTIONS },
  help: [
    ...[WRITES, LANGUAGE],
    'An e-mail is set whole: subject, text and HTML. E-mail or text message, what is not given stays.',
    '`{{ code }}` is where the code goes; `courier templates show` says what a type may name.',
    '',
    'Example: selfsame courier templates set login_code_valid de --subject-file s.txt --text-file t.txt',
  ],
  run: async (args, surroundings) => {
    const address = addressOf(args);
    const body = await readTemplateFiles(args);
    const api = await openApi(args, surroundings);
    const set = (await api.call('PUT', address, body)) as ShownTemplate;
    const lines = () => [`Messages ${set.template_type} in ${set.language} are as the files say.`];
    report(set, lines, args, surroundings);
    return EXIT.ok;
  },
};

export const courierTemplatesReset: Command = {
  name: 'courier templates reset',
  summary: 'Go back to the built-in template of a type in a language',
  positionals: POSITIONALS,
  options: API_OPTIONS,
  help: [WRITES, LANGUAGE],
  run: async (args, surroundings) => {
    const address = addressOf(args);
    const api = await openApi(args, surroundings);
    await api.call('DELETE', address);
    surroundings.out('The pool’s own template is removed.');
    return EXIT.ok;
  },
};

function addressOf({ positionals }: Arguments): string {
  const parts = POSITIONALS.map((name, index) => readLine(name, positionals[index] ?? '', NAME_LENGTH_MAX));
  return `${BASE}/${parts.map(encodeURIComponent).join('/')}`;
}

function report(
  shown: ShownTemplate,
  lines: (shown: ShownTemplate) => readonly string[],
  args: Arguments,
  { out }: Surroundings,
): void {
  if (args.isSet('json')) out(JSON.stringify(shown));
  else for (const line of lines(shown)) out(line);
}
