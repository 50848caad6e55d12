import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { DispatchDeps } from '../core/courier/dispatch.ts';
import type { CourierStore, MessageTransport, Transports } from '../core/courier/ports.ts';
import type { Log } from '../http/logging.ts';
import { type CourierJob, createCourierCleanUp, createCourierJob } from '../jobs/courier.ts';
import type { Job } from '../jobs/periodic.ts';
import { createFileTransport } from '../providers/courier/file-transport.ts';
import { createHttpTransport } from '../providers/courier/http-transport.ts';
import { createSmtpTransport } from '../providers/courier/smtp-transport.ts';
import { createGuardedClient } from '../providers/net/guarded-client.ts';

const SMS_TIMEOUT_MS = 30_000;
const SMS_BYTES_MAX = 64 * 1024;

export interface Courier {
  /** Stops with a grace of its own. */
  readonly job: CourierJob;
  readonly cleanUp: Job;
}

/** What sends queued messages. Says once for which kinds there is no transport: those wait. */
export function createCourier(
  config: Config,
  log: Log,
  deps: Pick<DispatchDeps, 'clock' | 'ids' | 'vault'> & { readonly courier: CourierStore },
): Courier {
  const transports = openTransports(config);
  for (const [channel, transport] of Object.entries(transports)) {
    if (transport === null) {
      log.general.warn(
        { channel },
        'no transport is configured: messages of this kind wait until there is one',
      );
    }
  }
  const job = createCourierJob({ ...deps, transports, keepsBodies: config.courier.keepBodies }, (error) =>
    log.fault(error, { requestId: '', surface: 'jobs', operation: 'courier' }),
  );
  return { job, cleanUp: createCourierCleanUp(deps, config.courier) };
}

function openTransports({ mode, data, courier }: Config): Transports {
  const { smtp, sms, outbox } = courier;
  const directory = outbox ?? (mode === 'start' ? join(data.dir, 'outbox') : null);
  const files: MessageTransport | null = directory === null ? null : createFileTransport({ directory });
  return {
    email: smtp === null ? files : createSmtpTransport({ ...smtp, url: smtp.url.reveal() }),
    sms: sms === null ? files : openSms(sms),
  };
}

function openSms({ url, user, token, from }: NonNullable<Config['courier']['sms']>): MessageTransport {
  // The operator names this address in the configuration, so it may well be a private one.
  const client = createGuardedClient({
    allowPrivate: true,
    timeoutMs: SMS_TIMEOUT_MS,
    maxResponseBytes: SMS_BYTES_MAX,
  });
  return createHttpTransport({ url, from, authorization: authorizationOf(user, token?.reveal()), client });
}

function authorizationOf(user: string | null, token: string | undefined): string | null {
  if (token === undefined) return null;
  return user === null ? `Bearer ${token}` : `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
}
