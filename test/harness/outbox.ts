import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestServer } from './server.ts';

/** A message as the transport of quickstart wrote it. */
export interface SentMessage {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly code: string | null;
  readonly template: string;
  readonly channel: string;
}

/** What has been sent to an address so far, in order; queued messages are sent first. */
export async function messagesTo(server: TestServer, address: string): Promise<SentMessage[]> {
  await server.runJob('courier');
  const outbox = join(server.dataDir, 'outbox');
  if (!existsSync(outbox)) return [];
  return readdirSync(outbox)
    .sort()
    .map((name): SentMessage => JSON.parse(readFileSync(join(outbox, name), 'utf8')))
    .filter(({ to }) => to === address);
}
