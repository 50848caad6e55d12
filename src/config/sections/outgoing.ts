import { byMode } from '../field.ts';
import { cidrList } from '../kinds.ts';
import { section } from '../section.ts';

export const outgoing = section({
  name: 'outgoing',
  title: 'Outgoing calls',
  prose: 'Webhooks and other calls to addresses that a tenant chose.',
  fields: {
    allowPrivate: byMode<readonly string[]>({
      kind: cidrList,
      quickstart: ['127.0.0.0/8', '::1/128'],
      serve: [],
      prose:
        'Private and loopback ranges that may be called nevertheless. All others of that sort are refused.',
    }),
  },
});
