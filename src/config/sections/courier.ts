import { isLoopbackHost } from '../cidr.ts';
import { byMode, optional, withDefault } from '../field.ts';
import { boolean, integer, oneOf, path, secret, text, url } from '../kinds.ts';
import { type Fault, section } from '../section.ts';

const ADDRESS = String.raw`[^\s<>,;:"()[\]\\@\p{Cc}]+@[^\s<>,;:"()[\]\\@\p{Cc}]+`;
const FROM = new RegExp(`^(?:${ADDRESS}|[^<>\\p{Cc}"]{1,100} <${ADDRESS}>)$`, 'u');

export const courier = section({
  name: 'courier',
  title: 'Mail and SMS',
  prose:
    'Codes and links that people are sent. Without a transport for a kind of message, such messages wait; `start` writes ' +
    'them to files instead.',
  fields: {
    smtp: {
      url: optional({
        kind: secret(
          url(['smtps:', 'smtp:'], ({ hostname, pathname, search, hash }) =>
            hostname !== '' && (pathname === '' || pathname === '/') && search === '' && hash === ''
              ? null
              : 'must name a host, and have no path, query or fragment',
          ),
        ),
        prose:
          'Server for e-mail: `smtps://user:password@host:465` is encrypted from the start, `smtp://…:587` by STARTTLS.',
      }),
      from: optional({
        kind: text('an address, or `Name <address>`', FROM),
        prose: 'Whom e-mail comes from: `Example <no-reply@example.com>`.',
      }),
      tls: withDefault({
        kind: oneOf('required', 'opportunistic', 'off'),
        default: 'required',
        prose:
          '`required`: nothing is said before the connection is encrypted and the certificate checked. `opportunistic`: ' +
          'encrypted where the server offers it, unchecked. `off`: for a relay on the same machine.',
      }),
    },
    sms: {
      url: optional({
        kind: url(['https:', 'http:'], ({ protocol, hostname, username, password }) => {
          if (username || password) return 'must carry no user and password';
          // Codes would be read on the way.
          return protocol === 'http:' && !isLoopbackHost(hostname) ? 'must be https' : null;
        }),
        prose:
          'Service for text messages: gets a `POST` of JSON with `to`, `from`, `body`, `template` and `id`.',
      }),
      user: optional({
        kind: text('text without spaces and colons', /^[!-9;-~]{1,256}$/),
        prose: 'With it, the token is sent as its password (`Basic`), else as a `Bearer` token.',
      }),
      token: optional({
        kind: secret(text('text without spaces', /^[!-~]{1,4096}$/)),
        prose: "The service's token, or the user's password.",
      }),
      from: optional({
        kind: text('letters, digits, spaces and +', /^[\p{L}\p{N}+ ]{1,32}$/u),
        prose: 'Whom text messages come from: a number or a name, as the service wants it.',
      }),
    },
    outbox: optional({
      kind: path,
      prose:
        'Directory that gets a file for each message that has no other transport, codes in clear: for development. Not ' +
        'set: `outbox` in the data directory with `start`, none with `serve`.',
    }),
    keepBodies: byMode({
      kind: boolean,
      quickstart: true,
      serve: false,
      prose:
        'Whether text and code of a message that was sent, or given up, stay (sealed) beside its recipient.',
    }),
    showBodies: withDefault({
      kind: boolean,
      default: false,
      prose:
        'Whether `/admin/courier/messages` shows subjects and texts, codes among them, to keys with `courier:read`: for ' +
        'development. Not set: who may read about messages does not thereby get into accounts.',
    }),
    keptDays: withDefault({
      kind: integer(1, 3650),
      default: 30,
      prose: 'How long messages that were sent, or given up, stay.',
    }),
  },
  check({ smtp, sms }) {
    const faults: Fault[] = [];
    if ((smtp.url === null) !== (smtp.from === null)) {
      const missing = smtp.url === null ? 'url' : 'from';
      faults.push({ key: `courier.smtp.${missing}`, message: 'must be set: url and from go together' });
    }
    for (const name of ['user', 'token', 'from'] as const) {
      if (sms.url === null && sms[name] !== null)
        faults.push({ key: `courier.sms.${name}`, message: 'needs courier.sms.url' });
    }
    if (sms.user !== null && sms.token === null)
      faults.push({ key: 'courier.sms.token', message: 'must be set beside courier.sms.user' });
    return faults;
  },
  finish({ smtp, sms, ...rest }) {
    return {
      ...rest,
      smtp: smtp.url === null || smtp.from === null ? null : { ...smtp, url: smtp.url, from: smtp.from },
      sms: sms.url === null ? null : { ...sms, url: sms.url },
    };
  },
});
