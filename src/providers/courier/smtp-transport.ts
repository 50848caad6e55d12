import { createTransport } from 'nodemailer';
import type { MessageTransport, TransportOutcome } from '../../core/courier/ports.ts';

const CONNECT_MS = 10_000;
const SILENCE_MS = 20_000;
/** For all of it; a lease of the message is longer. */
const ATTEMPT_MS = 45_000;
/** Nobody answers these, least of all an absence note (RFC 3834). */
const HEADERS = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

/**
 * - `required`: nothing is said, no password above all, before the connection is encrypted and the certificate checked.
 * - `opportunistic`: encrypted where the server offers it.
 * - `off`: for a relay on the same machine.
 */
export type SmtpTls = 'required' | 'opportunistic' | 'off';

export interface SmtpOptions {
  /** `smtps://user:password@host:465`, encrypted from the start, or `smtp://…:587`, by STARTTLS. */
  readonly url: string;
  /** `Name <address>`, or an address. */
  readonly from: string;
  readonly tls: SmtpTls;
  /** Further trusted certificate authorities (PEM) in place of the well-known ones. */
  readonly ca?: string;
}

interface SmtpFailure {
  readonly responseCode?: unknown;
  readonly command?: unknown;
}

/**
 * Sends e-mail through one SMTP server, a connection a message. A message keeps its `Message-ID` at every attempt.
 *
 * `refused` is what the server says for good of this recipient or this message (RFC 5321, 5yz after `RCPT` or `DATA`);
 * a bad password, a full queue or no answer may be mended meanwhile: `retry`. What the server says is not kept: it quotes
 * addresses.
 */
export function createSmtpTransport(options: SmtpOptions): MessageTransport {
  const mailer = createTransport({
    ...settingsOf(options),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    // What is sent is in the message: nothing in it makes this process read a file or call an address.
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  });
  const domain = /@([^@\s>]+)>?\s*$/.exec(options.from)?.[1] ?? 'localhost';
  return {
    async send(message, signal) {
      const { id, recipient, subject, text, html } = message;
      // The core refuses these; should one come here all the same, it does not become a header.
      if (hasLineBreak(recipient) || hasLineBreak(subject)) return 'refused';
      try {
        await mailer.sendMail({
          from: options.from,
          to: { name: '', address: recipient },
          subject,
          text,
          ...(html === null ? {} : { html }),
          messageId: `<${id}@${domain}>`,
          headers: HEADERS,
          signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]),
        });
        return 'sent';
      } catch (error) {
        return outcomeOf(error);
      }
    },
  };
}

function settingsOf({ url, tls, ca }: SmtpOptions) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const auth =
    username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } };
  return {
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'off',
    tls: {
      minVersion: 'TLSv1.2' as const,
      rejectUnauthorized: tls !== 'opportunistic',
      ...(ca === undefined ? {} : { ca }),
    },
    ...auth,
  };
}

function hasLineBreak(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text);
}

function outcomeOf(error: unknown): TransportOutcome {
  const { responseCode, command } = error as SmtpFailure;
  const isForGood = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
  const isAboutMessage = command === 'RCPT TO' || command === 'DATA';
  return isForGood && isAboutMessage ? 'refused' : 'retry';
}
