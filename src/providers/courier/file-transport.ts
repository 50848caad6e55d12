import { chmod, mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageTransport, OutgoingMessage } from '../../core/courier/ports.ts';
import { Unavailable } from '../../core/errors.ts';

/**
 * Writes each message to a file of its own, for a machine on which nothing should be sent anywhere: `to`, `subject`,
 * `body` (text), `code`, `template`, `channel`. Names sort by time. A message that is sent twice is one file.
 *
 * The directory is made with mode 0700, files have 0600: they hold codes that open accounts. Whoever sees a file sees
 * the whole of it.
 */
export function createFileTransport({ directory }: { readonly directory: string }): MessageTransport {
  return {
    async send(message) {
      const path = join(directory, nameOf(message));
      const part = `${path}.part`;
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await chmod(directory, 0o700);
        await writeWhole(part, `${JSON.stringify(contentOf(message), null, 2)}\n`);
        await rename(part, path);
      } catch (error) {
        await unlink(part).catch(() => {});
        // A full or missing disk is a matter for whoever runs this, and for a later attempt.
        throw new Unavailable(`the outbox cannot be written (${codeOf(error)})`);
      }
      return 'sent';
    },
  };
}

async function writeWhole(path: string, content: string): Promise<void> {
  // Left over by an attempt that was killed.
  await unlink(path).catch(() => {});
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `20260131T093000.250Z-<id>.json`: no colons, which some file systems refuse. */
function nameOf({ createdAt, id }: OutgoingMessage): string {
  return `${createdAt.toISOString().replaceAll(/[-:]/g, '')}-${id}.json`;
}

function contentOf({ recipient, subject, text, code, templateType, type }: OutgoingMessage) {
  return { to: recipient, subject, body: text, code, template: templateType, channel: type };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
