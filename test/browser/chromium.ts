import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  // Nothing of a page may come from elsewhere, and nothing of the browser's own goes out.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
];

/** The system's Chromium: none is downloaded. @throws Error There is none. */
export function launchChromium(): Promise<Browser> {
  const { PATH = '', SELFSAME_TEST_BROWSER: chosen } = process.env;
  const found = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const executablePath = chosen ?? found.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error(`There is no Chromium on the path: ${NAMES.join(', ')}`);
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A window of somebody's own, with cookies of its own. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Fails where the console said something, a script failed, or another site was asked. */
  assertQuiet(): void;
}

export async function openVisitor(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: url, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(`${url}/`) || request.url().startsWith('data:');
    if (!isOwn) complaints.push(`request: ${request.url()}`);
  });
  return {
    ...{ page, context },
    assertQuiet: () => assert.deepEqual(complaints, []),
    [Symbol.asyncDispose]: () => context.close(),
  };
}
