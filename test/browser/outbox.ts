import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LATEST_MS = 20_000;
const LOOK_AGAIN_MS = 50;

/** The codes that quickstart's transport wrote for an address, the oldest first. */
function codesFor(dataDir: string, address: string): string[] {
  const outbox = join(dataDir, 'outbox');
  if (!existsSync(outbox)) return [];
  return readdirSync(outbox)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name): { to: string; code: string | null } => JSON.parse(readFileSync(join(outbox, name), 'utf8')))
    .flatMap(({ to, code }) => (to === address && code !== null ? [code] : []));
}

/**
 * The code of the next message to an address: looks again until it is there.
 * @param step What has it sent.
 * @throws Error None came.
 */
export async function nextCode(dataDir: string, address: string, step: () => Promise<void>): Promise<string> {
  const before = codesFor(dataDir, address).length;
  await step();
  for (const deadline = performance.now() + LATEST_MS; performance.now() < deadline; ) {
    const code = codesFor(dataDir, address).at(before);
    if (code !== undefined) return code;
    await delay(LOOK_AGAIN_MS);
  }
  throw new Error(`no code came for ${address}`);
}
