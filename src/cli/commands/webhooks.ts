import { type Command, EXIT, UsageError } from '../command.ts';
import { readApiVersion, readInflection, readLine } from '../key-arguments.ts';
import { POOL_OPTION, poolOf } from '../pool-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';

const JSON_OPTION = { prose: 'JSON in place of lines.' } as const;
const URL_LENGTH_MAX = 2048;
const LABEL_LENGTH_MAX = 200;

export const webhooksAdd: Command = {
  name: 'webhooks add',
  summary: 'Make a webhook endpoint; its secret is shown this once',
  options: {
    pool: POOL_OPTION,
    url: { value: 'URL', prose: 'Where events are sent. Needed.' },
    events: { value: 'LIST', prose: 'Names of events with commas between; default all.' },
    dialect: {
      value: 'NAME',
      prose: 'Whose events, envelope and signature: `verification` (default) or `kyc`.',
    },
    inflection: { value: 'STYLE', prose: 'Spelling of keys: snake, camel or kebab; default snake.' },
    'api-version': { value: 'DATE', prose: 'The dated version of payloads; default the current one.' },
    label: { value: 'TEXT', prose: 'For people.' },
    json: JSON_OPTION,
    ...CONFIG_OPTION,
  },
  help: [
    'Live pools send to https addresses only, unless the server may call private addresses.',
    '',
    'Example: selfsame webhooks add --pool 01890c… --url https://example.com/hook --events identity.updated',
  ],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'webhooks add');
    const url = args.option('url');
    if (url === null) throw new UsageError('webhooks add needs --url.');
    const [events, dialect, inflection, label] = ['events', 'dialect', 'inflection', 'label'].map((name) =>
      args.option(name),
    );
    const input = {
      poolId,
      url: readLine('--url', url, URL_LENGTH_MAX),
      apiVersion: readApiVersion(args.option('api-version')),
      ...(typeof events === 'string' && { enabledEvents: events.split(',').map((name) => name.trim()) }),
      ...(typeof dialect === 'string' && { dialect }),
      ...(typeof inflection === 'string' && { keyInflection: readInflection(inflection) }),
      ...(typeof label === 'string' && { label: readLine('--label', label, LABEL_LENGTH_MAX) }),
    };
    return withInstallation(args, surroundings, async ({ webhooks }) => {
      const { id, secret } = await webhooks.add(input);
      if (args.isSet('json')) surroundings.out(JSON.stringify({ id, secret }));
      else {
        surroundings.out(`Made ${id}. Its secret, which is not shown again:`);
        surroundings.out(secret);
      }
      return EXIT.ok;
    });
  },
};

export const webhooksList: Command = {
  name: 'webhooks list',
  summary: 'List the webhook endpoints of a pool',
  options: { pool: POOL_OPTION, json: JSON_OPTION, ...CONFIG_OPTION },
  help: [],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'webhooks list');
    return withInstallation(args, surroundings, async ({ webhooks }) => {
      const endpoints = await webhooks.list(poolId);
      if (args.isSet('json')) {
        surroundings.out(JSON.stringify(endpoints));
        return EXIT.ok;
      }
      const rows = endpoints.map(({ id, url, dialect, enabledEvents, isActive, label }) => [
        id,
        isActive ? 'active' : 'disabled',
        dialect,
        enabledEvents === null ? 'all events' : enabledEvents.join(','),
        url,
        label ?? '',
      ]);
      for (const line of table([['Id', 'State', 'Dialect', 'Events', 'Address', 'Label'], ...rows])) {
        surroundings.out(line.trimEnd());
      }
      return EXIT.ok;
    });
  },
};
