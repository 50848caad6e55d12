import { optional } from '../field.ts';
import { path } from '../kinds.ts';
import { section } from '../section.ts';

export const iam = section({
  name: 'iam',
  title: 'IAM',
  prose: 'Identities with traits. How a pool keeps passwords is set by `selfsame iam configure`.',
  fields: {
    schemasDir: optional({
      kind: path,
      prose:
        'Directory of trait schemas, `<id>.json` or `<id>.schema.json` each. At every start, those that are new or ' +
        'changed are put into the default pool; what is not there any more stays. Not set: none.',
    }),
  },
});
