import { withDefault } from '../field.ts';
import { integer, oneOf, textList } from '../kinds.ts';
import { section } from '../section.ts';

export const pools = section({
  name: 'pools',
  title: 'Pools',
  prose: 'Choices that the pools contract leaves to the server.',
  fields: {
    titleSortMax: withDefault({
      kind: integer(0, 1_000_000),
      default: 10_000,
      prose: 'Largest pool that may be sorted by title: titles are sealed, so all are opened for it.',
    }),
    hosts: withDefault({
      kind: textList(
        'list of `host=app_id` (commas between them in the environment)',
        /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?=[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/,
      ),
      default: [],
      prose:
        'Which pool a request without a key belongs to, by its host name; others are named by `/p/{app_id}`, or are for ' +
        'the default pool.',
    }),
    snapshotUnknown: withDefault<'omit' | 'null'>({
      kind: oneOf('omit', 'null'),
      default: 'omit',
      prose: 'How an interaction snapshot shows what is not known: the key is left out, or null.',
    }),
  },
});
