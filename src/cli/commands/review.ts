import { API_OPTIONS, openApi } from '../api-client.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { printCase, printQueue, type QueuePage, type ReviewCase } from '../print-review.ts';

const JSON_OPTION = { prose: 'The server’s JSON in place of lines.' } as const;
const ID = '<verification id>';
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const CODE = /^[a-z][a-z0-9_]{0,63}$/;
const SIZE = 30;
const SIZE_MAX = 100;

const DECIDING = {
  revision: {
    value: 'N',
    prose: 'Of the data you looked at, as `review show` says; default whatever they are.',
  },
  reviewer: { value: 'NAME', prose: 'Who decides: kept sealed in the audit log.' },
  block: { prose: 'Blocks the identity with it.' },
  json: JSON_OPTION,
  ...API_OPTIONS,
} as const;

export const reviewList: Command = {
  name: 'review list',
  summary: 'List cases that wait for a person, the longest first',
  options: {
    provider: { value: 'NAME', prose: 'Cases of one provider only.' },
    size: { value: 'N', prose: `At most so many, 1 to ${SIZE_MAX}; default ${SIZE}.` },
    after: { value: 'TOKEN', prose: 'Goes on after a list before, which told it.' },
    json: JSON_OPTION,
    ...API_OPTIONS,
  },
  help: ['The key needs the grant `review`.'],
  run: async (args, surroundings) => {
    const query = new URLSearchParams({ 'page[size]': readSize(args) });
    for (const [name, option] of Object.entries({ provider: 'provider', 'page[after]': 'after' })) {
      const value = args.option(option);
      if (value !== null) query.set(name, value);
    }
    const api = await openApi(args, surroundings);
    const reply = await api.call('GET', `/review?${query}`);
    if (args.isSet('json')) surroundings.out(JSON.stringify(reply));
    else printQueue(reply as QueuePage, surroundings);
    return EXIT.ok;
  },
};

export const reviewShow: Command = {
  name: 'review show',
  summary: 'Show a case: its checks, the data, and links to its files',
  positionals: [ID],
  options: { json: JSON_OPTION, ...API_OPTIONS },
  help: ['Links open without a key for 15 minutes; that they were asked for is in the audit log.'],
  run: async (args, surroundings) => {
    const id = idOf(args);
    const api = await openApi(args, surroundings);
    const reply = await api.call('GET', `/review/${id}`);
    if (args.isSet('json')) surroundings.out(JSON.stringify(reply));
    else printCase((reply as { data: ReviewCase }).data, surroundings);
    return EXIT.ok;
  },
};

export const reviewApprove: Command = {
  name: 'review approve',
  summary: 'Approve a case that waits, or turn its rejection',
  positionals: [ID],
  options: DECIDING,
  help: [
    'The identity’s data are confirmed with it: name, birthday, gender and tax number are locked from then on.',
  ],
  run: (args, surroundings) => decide('approve', args, surroundings, {}),
};

export const reviewReject: Command = {
  name: 'review reject',
  summary: 'Reject a case that waits',
  positionals: [ID],
  options: {
    exceptions: { value: 'CODES', prose: 'Reasons with commas between; default those that were found.' },
    ...DECIDING,
  },
  help: ['Example: selfsame review reject 01890c… --exceptions document_forged --block'],
  run: (args, surroundings) => {
    const text = args.option('exceptions');
    return decide('reject', args, surroundings, text === null ? {} : { exceptions: readCodes(text) });
  },
};

async function decide(verb: string, args: Arguments, surroundings: Surroundings, more: object) {
  const id = idOf(args);
  const [revision, reviewer] = [args.option('revision'), args.option('reviewer')];
  if (revision !== null && !/^\d{1,9}$/.test(revision))
    throw new UsageError('--revision must be a whole number, as `review show` says it.');
  const body = {
    ...more,
    ...(revision === null ? {} : { revision: Number(revision) }),
    ...(reviewer === null ? {} : { reviewer }),
    ...(args.isSet('block') ? { block: true } : {}),
  };
  const api = await openApi(args, surroundings);
  const reply = (await api.call('POST', `/review/${id}/${verb}`, body)) as { data: ReviewCase };
  if (args.isSet('json')) surroundings.out(JSON.stringify(reply));
  else surroundings.out(`The verification is ${reply.data.status}.`);
  return EXIT.ok;
}

function idOf({ positionals: [text = ''] }: Arguments): string {
  const id = text.trim().toLowerCase();
  if (!UUID.test(id)) throw new UsageError('The verification id must be a UUID, as `review list` shows it.');
  return id;
}

function readSize(args: Arguments): string {
  const text = args.option('size') ?? `${SIZE}`;
  const size = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > SIZE_MAX)
    throw new UsageError(`--size must be a whole number from 1 to ${SIZE_MAX}.`);
  return `${size}`;
}

function readCodes(text: string): string[] {
  const codes = text.split(',').map((code) => code.trim());
  if (codes.every((code) => CODE.test(code))) return codes;
  throw new UsageError(
    '--exceptions must be codes of lower case letters, digits and _, with commas between.',
  );
}
