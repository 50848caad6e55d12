import { isLoopbackHost } from '../cidr.ts';
import { byMode, optional, Refusal, withDefault } from '../field.ts';
import { boolean, cidrList, integer, secret, text, url } from '../kinds.ts';
import { section } from '../section.ts';

const HOST = /^[0-9A-Za-z.:-]{1,253}$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

function bareOrigin({ username, password, search, hash }: URL): string | null {
  return username || password || search || hash ? 'must carry no user, query or fragment' : null;
}

export const server = section({
  name: 'server',
  title: 'Server',
  prose: 'The listener and what it takes from whom.',
  fields: {
    host: byMode({
      kind: text('host name or address', HOST),
      env: 'SELFSAME_HOST',
      quickstart: '127.0.0.1',
      serve: new Refusal(
        'must be chosen: the address to listen on, for example 127.0.0.1 behind a proxy on this machine',
      ),
      prose: 'Address to listen on. `start` takes loopback addresses only.',
    }),
    port: withDefault({
      kind: integer(0, 65_535),
      env: 'SELFSAME_PORT',
      default: 4400,
      prose: '0 picks a free port; `quickstart.json` and the log tell which.',
    }),
    publicUrl: optional({
      kind: url(['https:', 'http:'], bareOrigin),
      prose: 'How clients reach the server, used in links and issuer names. Not set: host and port.',
    }),
    drainSeconds: withDefault({
      kind: integer(0, 3600),
      default: 25,
      prose:
        'How long open requests may take to finish after SIGTERM. Keep it under the grace of what stops the process.',
    }),
    runsJobs: withDefault({
      kind: boolean,
      default: true,
      prose:
        'Whether this process also works on what waits in the database: webhooks, messages, KYC checks, housekeeping. At ' +
        'least one process of an installation must.',
    }),
    bodyBytesMax: withDefault({
      kind: integer(1024, 268_435_456),
      default: 1_048_576,
      prose: 'Largest request body in bytes; routes that take files name their own limit.',
    }),
    headerBytesMax: withDefault({
      kind: integer(8192, 1_048_576),
      default: 65_536,
      prose: 'Largest request head in bytes (the IAM contract puts 500 ids into one query).',
    }),
    trustedProxies: withDefault<readonly string[]>({
      kind: cidrList,
      default: [],
      prose:
        'Peers whose `X-Forwarded-For` and JA4 header are believed. Empty: nobody, the socket peer counts.',
    }),
    ja4Header: withDefault({
      kind: text('header name', HEADER_NAME),
      default: 'X-JA4-Fingerprint',
      prose: 'Header with the TLS fingerprint; the proxy must strip any copy that the client sends.',
    }),
    metricsToken: optional({
      kind: secret(text('text of 16 characters or more without spaces', /^[!-~]{16,4096}$/)),
      prose:
        'Bearer token for `/metrics`. Not set: `start` answers without one, `serve` does not offer `/metrics`.',
    }),
  },
  check({ host }, mode) {
    if (mode !== 'start' || isLoopbackHost(host)) return [];
    const message =
      '`start` listens on loopback only (127.0.0.1, ::1, localhost); `serve` is the production command';
    return [{ key: 'server.host', message }];
  },
});
