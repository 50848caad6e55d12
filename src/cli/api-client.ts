import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY_VARIABLE } from '../config/names.ts';
import { type Arguments, type Option, type Surroundings, UsageError } from './command.ts';
import { CONFIG_OPTION, readSettings } from './settings.ts';

const TIMEOUT_MS = 30_000;
const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Options of every command that calls a server. */
export const API_OPTIONS: Readonly<Record<'url' | 'key' | 'config', Option>> = {
  url: { value: 'URL', prose: 'Where the server is; default what `data/quickstart.json` says.' },
  key: {
    value: 'KEY',
    prose: `The API key; better in ${KEY_VARIABLE}, where no list of processes shows it.`,
  },
  ...CONFIG_OPTION,
};

/** Calls a server as any other client would. */
export interface ApiClient {
  /**
   * @param body Sent as JSON.
   * @returns What the reply's JSON holds; null where it says nothing. @throws Error It was refused, or nobody answers; fit for the terminal.
   */
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
}

/** @throws UsageError No address, no key, or an address that a key must not be sent to. */
export async function openApi(args: Arguments, surroundings: Surroundings): Promise<ApiClient> {
  const given = { url: args.option('url'), key: args.option('key') ?? keyOf(surroundings) };
  const quickstart = given.url === null ? await readQuickstart(args, surroundings) : null;
  const url = readUrl(given.url ?? quickstart?.url ?? null);
  // The quickstart's key goes to the quickstart's server and to no other.
  const key = given.key ?? quickstart?.key ?? null;
  if (key === null) throw new UsageError(`An API key is needed: set ${KEY_VARIABLE}, or use --key.`);
  return { call: (method, path, body) => call({ method, url: new URL(path, url), key, body }) };
}

function keyOf({ environment }: Surroundings): string | null {
  return environment[KEY_VARIABLE] || null;
}

function readUrl(text: string | null): URL {
  if (text === null)
    throw new UsageError('--url is needed: there is no quickstart.json in the data directory.');
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '')
    throw new UsageError('--url must be an address like https://id.example.com.');
  if (url.protocol === 'http:' && !THIS_MACHINE.test(url.hostname))
    throw new UsageError('--url must begin with https://, unless the server is on this machine.');
  return url;
}

async function readQuickstart(
  args: Arguments,
  surroundings: Surroundings,
): Promise<{ url: string; key: string } | null> {
  const { data } = readSettings(args, surroundings, 'manage');
  try {
    const file = JSON.parse(await readFile(join(data.dir, 'quickstart.json'), 'utf8'));
    return { url: String(file.url), key: String(file.live.api_key) };
  } catch {
    return null;
  }
}

async function call(input: { method: string; url: URL; key: string; body: unknown }): Promise<unknown> {
  const { method, url, key, body } = input;
  const response = await fetch(url, {
    method,
    headers: { apikey: key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    // A key is not carried on to wherever a reply points.
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Error(`${url.origin} does not answer.`, { cause });
  });
  if (response.status === 204) return null;
  const reply = await readJson(response);
  if (response.ok && reply !== null) return reply;
  throw new Error(refusalOf(url, response.status, reply));
}

/** @returns Null for what is neither a JSON object nor a list. */
async function readJson(response: Response): Promise<object | null> {
  try {
    const reply: unknown = await response.json();
    return typeof reply === 'object' ? reply : null;
  } catch {
    return null;
  }
}

/** The server's own words; they never repeat what was sent. */
function refusalOf(url: URL, status: number, reply: object | null): string {
  const said: { message?: unknown; errors?: unknown; error?: { message?: unknown; reason?: unknown } } =
    reply ?? {};
  // In the envelope of the iam surface: a line for each problem, or else its words for all of the kind.
  const own = said.error?.reason ?? said.error?.message;
  if (typeof own === 'string') return own;
  if (typeof said.message !== 'string') return `${url.origin} answered ${status}, and not as Selfsame does.`;
  const errors = Array.isArray(said.errors) ? said.errors : [];
  return [said.message, ...errors.map(({ field, message }) => `${field} ${message}.`)].join(' ');
}
