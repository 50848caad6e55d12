import { API_OPTIONS, openApi } from '../api-client.ts';
import { type Command, EXIT } from '../command.ts';
import { readIdentityId } from '../identity-argument.ts';

const JSON_OPTION = { prose: 'The server’s JSON in place of a line.' } as const;

export const identitiesBlock = blocking('block', 'Block an identity on every surface', [
  'It cannot log in anywhere, no operation is active, and no provider is asked about it. Its data can be changed and read.',
]);
export const identitiesUnblock = blocking('unblock', 'Lift the block of an identity', []);

function blocking(verb: 'block' | 'unblock', summary: string, help: readonly string[]): Command {
  return {
    name: `identities ${verb}`,
    summary,
    positionals: ['<identity id>'],
    options: { json: JSON_OPTION, ...API_OPTIONS },
    help: [...help, 'The key needs the grant `review`.'],
    run: async (args, surroundings) => {
      const id = readIdentityId(args.positionals[0] ?? '', 'The identity id');
      const api = await openApi(args, surroundings);
      const reply = await api.call('POST', `/review/identities/${id}/${verb}`);
      surroundings.out(args.isSet('json') ? JSON.stringify(reply) : `The identity is ${verb}ed.`);
      return EXIT.ok;
    },
  };
}
