import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { API_OPTIONS, openApi } from '../api-client.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { readLine } from '../key-arguments.ts';
import { table } from '../table.ts';

const JSON_OPTION = { prose: 'The server’s JSON in place of lines.' } as const;
const ID_LENGTH_MAX = 64;
const NEEDS_GRANT = 'The key needs the grant `schemas:write`; the pool is the key’s.';
const ENDING = /(?:\.schema)?\.json$/;

interface KeptSchema {
  readonly id: string;
  readonly is_default: boolean;
  readonly created_at: string;
}

export const schemasList: Command = {
  name: 'schemas list',
  summary: 'List the trait schemas of a pool',
  options: { json: JSON_OPTION, ...API_OPTIONS },
  help: ['The key needs the grant `schemas:write` or `identities:read`; the pool is the key’s.'],
  run: async (args, surroundings) => {
    const api = await openApi(args, surroundings);
    const schemas = (await api.call('GET', '/admin/schemas')) as readonly KeptSchema[];
    if (args.isSet('json')) surroundings.out(JSON.stringify(schemas));
    else {
      const rows = schemas.map(({ id, is_default: isDefault, created_at: since }) => [
        ...[id, since, isDefault ? 'default' : ''],
      ]);
      for (const line of table([['Schema', 'Since', ''], ...rows])) surroundings.out(line.trimEnd());
    }
    return EXIT.ok;
  },
};

export const schemasAdd: Command = {
  name: 'schemas add',
  summary: 'Add a trait schema to a pool, from a file',
  positionals: ['<file>'],
  options: {
    id: { value: 'ID', prose: 'What it is called; default the file’s name without its ending.' },
    replace: {
      prose: 'Takes the place of one that is there. Identities keep what they have until they change.',
    },
    default: { prose: 'Makes it the one of identities that name none.' },
    json: JSON_OPTION,
    ...API_OPTIONS,
  },
  help: [NEEDS_GRANT, '', 'Example: selfsame schemas add employee.schema.json --replace'],
  run: async (args, surroundings) => {
    const file = args.positionals[0] ?? '';
    const id = readLine('--id', args.option('id') ?? basename(file).replace(ENDING, ''), ID_LENGTH_MAX);
    const schema = await readSchema(file);
    const api = await openApi(args, surroundings);
    const added = await api.call('PUT', addressOf(id), { schema, replace: args.isSet('replace') });
    const isDefault = args.isSet('default');
    const kept = isDefault ? await api.call('PUT', `${addressOf(id)}/default`) : added;
    report(kept, `The pool has the schema ${id}${isDefault ? ', its default' : ''}.`, args, surroundings);
    return EXIT.ok;
  },
};

export const schemasDefault: Command = {
  name: 'schemas default',
  summary: 'Make a trait schema the one of identities that name none',
  positionals: ['<schema id>'],
  options: { json: JSON_OPTION, ...API_OPTIONS },
  help: [NEEDS_GRANT, 'Identities that are there stay of the schema that they are of.'],
  run: async (args, surroundings) => {
    const id = idOf(args);
    const api = await openApi(args, surroundings);
    report(await api.call('PUT', `${addressOf(id)}/default`), `${id} is the default.`, args, surroundings);
    return EXIT.ok;
  },
};

export const schemasRemove: Command = {
  name: 'schemas remove',
  summary: 'Remove a trait schema that nobody is of',
  positionals: ['<schema id>'],
  options: API_OPTIONS,
  help: [NEEDS_GRANT, 'The default schema stays, and so does the one called `default`.'],
  run: async (args, surroundings) => {
    const id = idOf(args);
    const api = await openApi(args, surroundings);
    await api.call('DELETE', addressOf(id));
    surroundings.out(`Removed ${id}.`);
    return EXIT.ok;
  },
};

function idOf(args: Arguments): string {
  return readLine('<schema id>', args.positionals[0] ?? '', ID_LENGTH_MAX);
}

function addressOf(id: string): string {
  return `/admin/schemas/${encodeURIComponent(id)}`;
}

/** @throws UsageError The file cannot be read, or is no JSON. */
async function readSchema(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError('The file cannot be read.');
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('The file is no JSON.');
  }
}

function report(kept: unknown, line: string, args: Arguments, { out }: Surroundings): void {
  out(args.isSet('json') ? JSON.stringify(kept) : line);
}
