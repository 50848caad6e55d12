import { withDefault } from '../field.ts';
import { integer, oneOf } from '../kinds.ts';
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
    snapshotUnknown: withDefault<'omit' | 'null'>({
      kind: oneOf('omit', 'null'),
      default: 'omit',
      prose: 'How an interaction snapshot shows what is not known: the key is left out, or null.',
    }),
  },
});
