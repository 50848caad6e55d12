import { optional, withDefault } from '../field.ts';
import { boolean, oneOf, textList, url } from '../kinds.ts';
import { section } from '../section.ts';

export const selfService = section({
  name: 'selfService',
  title: 'Self-service',
  prose: 'How people sign up, sign in and look after their account themselves.',
  fields: {
    uiUrl: optional({
      kind: url(['https:', 'http:'], ({ search, hash }) =>
        search === '' && hash === '' ? null : 'must have no query or fragment',
      ),
      prose:
        'Where the pages are that show flows: browsers are sent to `<uiUrl>/login?flow=…`, `/registration`, `/settings`, ' +
        '`/recovery`, `/verification` and `/error`. Not set: this server.',
    }),
    returnTo: withDefault({
      kind: textList(
        'list of URLs (commas between them in the environment)',
        /^[a-z][a-z0-9+.-]*:\/\/[^\s,?#]+$/i,
      ),
      default: [],
      prose:
        'Where `return_to` may lead beside this server: scheme, host and port count exactly, the path as a beginning; ' +
        '`https://*.example.com` is any host below that domain.',
    }),
    registrationStyle: withDefault<'profile_first' | 'one_step'>({
      kind: oneOf('profile_first', 'one_step'),
      default: 'profile_first',
      prose: 'Whether browsers ask for who somebody is before, or together with, how they will sign in.',
    }),
    sessionAfterRegistration: withDefault({
      kind: boolean,
      default: false,
      prose: 'Whether whoever signed up is signed in at once.',
    }),
  },
});
