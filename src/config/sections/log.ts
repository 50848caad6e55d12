import { withDefault } from '../field.ts';
import { oneOf } from '../kinds.ts';
import { section } from '../section.ts';

export const log = section({
  name: 'log',
  title: 'Log',
  prose: 'One JSON object a line on standard output. Personal data and secrets are in no line at any level.',
  fields: {
    level: withDefault<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'>({
      kind: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
      default: 'info',
      prose: 'The least grave level that is written.',
    }),
  },
});
