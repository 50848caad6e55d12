import { type Command, EXIT } from '../command.ts';
import { readKeyId } from '../key-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';

const DONE = { revoke: 'revoked', suspend: 'suspended', resume: 'resumed' } as const;

function change(action: keyof typeof DONE, summary: string, help: string): Command {
  return {
    name: `keys ${action}`,
    summary,
    positionals: ['<key id>'],
    options: CONFIG_OPTION,
    help: [help],
    run: (args, surroundings) => {
      // readArguments has made sure that it is there.
      const id = readKeyId(args.positionals[0] ?? '');
      return withInstallation(args, surroundings, async ({ keys }) => {
        if (await keys[action](id)) {
          surroundings.out(`${DONE[action]} ${id}`);
          return EXIT.ok;
        }
        surroundings.err('There is no such key.');
        return EXIT.failure;
      });
    },
  };
}

const WITHIN = 'Takes effect in every process within 2 seconds.';
export const keysRevoke = change('revoke', 'End a key for good', `${WITHIN} Revoking twice changes nothing.`);
export const keysSuspend = change('suspend', 'Stop a key until it is resumed', WITHIN);
export const keysResume = change('resume', 'Let a suspended key be used again', WITHIN);
