import { optional } from '../field.ts';
import { path, secret, text } from '../kinds.ts';
import { section } from '../section.ts';

export const identify = section({
  name: 'identify',
  title: 'Identify',
  prose: 'Users of projects. What is a pool’s own is set by `selfsame identify configure`.',
  fields: {
    externalIdSecret: optional({
      kind: secret(text('text of 16 characters or more without spaces', /^[!-~]{16,4096}$/)),
      prose:
        'What the external ids of all projects follow from: another secret makes other ids. Not set: one that was made ' +
        'here, and is kept sealed.',
    }),
    projectsFile: optional({
      kind: path,
      prose:
        'File with settings of projects: YAML where its name ends in `.yaml` or `.yml`, else JSON. `start` and `serve` ' +
        'set what it names, and again on SIGHUP; faults stop the start. Not set: none.',
    }),
  },
});
