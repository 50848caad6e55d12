import { optional, withDefault } from '../field.ts';
import { boolean, integer, oneOf, text, textList, url } from '../kinds.ts';
import { section } from '../section.ts';
import { methods } from './self-service-methods.ts';

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 60 * MINUTE_SECONDS;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const ORIGIN = /^https?:\/\/[^\s,/?#]+$/i;
const ORIGINS = 'list of origins (commas between them in the environment)';

const flag = (on: boolean, prose: string) => withDefault({ kind: boolean, default: on, prose });
const count = (min: number, max: number, of: number, prose: string) =>
  withDefault({ kind: integer(min, max), default: of, prose });
const flowSeconds = (of: string) =>
  count(MINUTE_SECONDS, 30 * DAY_SECONDS, HOUR_SECONDS, `How long a flow of ${of} can be used, in seconds.`);
const aal = (prose: string) =>
  withDefault<'aal1' | 'aal2' | 'highest_available'>({
    kind: oneOf('aal1', 'aal2', 'highest_available'),
    default: 'highest_available',
    prose,
  });

export const selfService = section({
  name: 'selfService',
  title: 'Self-service',
  prose:
    'How people sign up, sign in and look after their account themselves. A pool has settings of its own over these: ' +
    '`selfsame selfservice configure`.',
  fields: {
    uiUrl: optional({
      kind: url(['https:', 'http:'], ({ search, hash }) =>
        search === '' && hash === '' ? null : 'must have no query or fragment',
      ),
      prose:
        'Where the pages are that show flows: browsers are sent to `<uiUrl>/login?flow=…`, `/registration`, `/settings`, ' +
        '`/recovery`, `/verification` and `/error`. Not set: this server. They may call it from there, with cookies.',
    }),
    corsOrigins: withDefault({
      kind: textList(ORIGINS, ORIGIN),
      default: [],
      prose: 'Origins of other pages that may call from a browser, with cookies: `https://app.example.com`.',
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
    enabled: {
      registration: flag(true, 'Whether people may sign up.'),
      recovery: flag(true, 'Whether people get back in by themselves.'),
      verification: flag(true, 'Whether people prove their addresses.'),
    },
    registrationStyle: withDefault<'profile_first' | 'one_step'>({
      kind: oneOf('profile_first', 'one_step'),
      default: 'profile_first',
      prose: 'Whether browsers ask for who somebody is before, or together with, how they will sign in.',
    }),
    loginStyle: withDefault<'unified' | 'identifier_first'>({
      kind: oneOf('unified', 'identifier_first'),
      default: 'unified',
      prose: 'Whether signing in asks for everything at once, or for the identifier first.',
    }),
    sessionAfterRegistration: flag(false, 'Whether whoever signed up is signed in at once.'),
    flowSeconds: {
      login: flowSeconds('signing in'),
      registration: flowSeconds('signing up'),
      settings: flowSeconds('settings'),
      recovery: flowSeconds('recovery'),
      verification: flowSeconds('verification'),
    },
    methods,
    webauthn: {
      rpId: optional({
        kind: text('a domain'),
        prose:
          'The domain that security keys and passkeys are bound to, for good. Not set: the host name of the pool.',
      }),
      rpName: withDefault({
        kind: text('text'),
        default: 'Selfsame',
        prose: 'What browsers show when they ask for a security key or a passkey.',
      }),
      origins: withDefault({
        kind: textList(ORIGINS, /^[a-z][a-z0-9+.-]*:[^\s,]+$/i),
        default: [],
        prose: 'Where keys may be used beside the address of the pool; `android:apk-key-hash:…` for apps.',
      }),
    },
    codes: {
      seconds: count(
        MINUTE_SECONDS,
        DAY_SECONDS,
        HOUR_SECONDS,
        'How long a code or a link that was sent can be used.',
      ),
      submissionsMax: count(1, 20, 5, 'Codes that a flow takes, right and wrong.'),
    },
    sessions: {
      seconds: count(MINUTE_SECONDS, 365 * DAY_SECONDS, DAY_SECONDS, 'How long a session lasts.'),
      privilegedSeconds: count(
        MINUTE_SECONDS,
        365 * DAY_SECONDS,
        HOUR_SECONDS,
        'How long after signing in somebody may change how they sign in.',
      ),
      whoamiAal: aal(
        'What a session needs to be told whose it is: one factor, two, or two where there are two.',
      ),
      settingsAal: aal('What a session needs for settings.'),
    },
    refusesBreachedPasswords: flag(true, 'Refuses new passwords that are on the lists of common ones.'),
    continuesWith: flag(
      true,
      'Tells clients what comes next (`continue_with`) where it could also redirect them, as after a recovery.',
    ),
    lockout: {
      windowSeconds: count(
        MINUTE_SECONDS,
        DAY_SECONDS,
        15 * MINUTE_SECONDS,
        'How long failures count, and lock.',
      ),
      perIdentifierMax: count(
        1,
        1000,
        10,
        'Failures of one identifier, and messages to one address, until that.',
      ),
      perAddressMax: count(1, 100_000, 300, 'Failures from one network address.'),
    },
    hooks: {
      requireVerifiedAddress: flag(
        false,
        'Whoever has proved no address is not signed in: a code is sent there instead.',
      ),
      showVerification: flag(true, 'Sends browsers that signed up on to verify their address.'),
      revokeOtherSessions: {
        login: flag(false, 'Signing in ends all other sessions of the person.'),
        settings: flag(true, 'Changing how somebody signs in ends all their other sessions.'),
        recovery: flag(true, 'Getting back in ends all other sessions of the person.'),
      },
    },
  },
});
