import { withDefault } from '../field.ts';
import { path } from '../kinds.ts';
import { section } from '../section.ts';

export const data = section({
  name: 'data',
  title: 'Data directory',
  prose: 'Where the server keeps files: the embedded database, sealed blobs, the quickstart key and outbox.',
  fields: {
    dir: withDefault({
      kind: path,
      default: './data',
      prose: 'Made with mode 0700 when it is missing. Relative to the working directory.',
    }),
  },
});
