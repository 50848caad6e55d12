import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { totpAt } from '../harness/totp.ts';
import { type Child, scratch, serveInChild } from '../quickstart/child.ts';
import { assertAccessible } from './accessibility.ts';
import { createAuthenticator } from './authenticator.ts';
import { launchChromium, openVisitor, type Visitor } from './chromium.ts';
import { nextCode } from './outbox.ts';

// One person from the first visit on, step by step: each goes on where the one before it ended.

const EMAIL = 'mia@example.org';
const PASSWORD = 'a quiet harbour in June';
const LATER = 'another harbour in July';
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const TOTP_STEP_MS = 30_000;

let server: Child;
let dataDir: string;
let url: string;
let browser: Browser;
let mia: Visitor;

/** What there is to tidy up in the end, the latest first. */
const endings: (() => unknown)[] = [];
const story = { after: (ending: () => unknown) => void endings.unshift(ending) } as Pick<
  TestContext,
  'after'
>;

before(async () => {
  dataDir = join(scratch(story), 'data');
  server = await serveInChild(story, { SELFSAME_DATA_DIR: dataDir, SELFSAME_PORT: '0' });
  // Passkeys belong to a name: browsers keep none for a bare address.
  url = server.url.replace('127.0.0.1', 'localhost');
  browser = await launchChromium();
  mia = await openVisitor(browser, url);
});
after(async () => {
  await browser?.close();
  for (const ending of endings) await ending();
});

/** Run in the page: what the focused element is called. */
const FOCUSED =
  "(({ labels, innerText }) => labels?.[0]?.innerText ?? innerText ?? '')(document.activeElement)";

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

/** The page says so, and everybody can use it. */
async function assertAt(page: Page, title: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
  await assertAccessible(page);
}

/** Moves on with the Tab key alone, as far as what has this name. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate<string>(FOCUSED)).trim() === name) return;
  }
  assert.fail(`the keyboard does not reach "${name}" on ${page.url()}`);
}

async function signIn(page: Page, password: string, email = EMAIL): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Password').press('Enter');
}

test('she signs up by keyboard alone', async () => {
  const { page } = mia;
  await page.goto('/');
  await assertAt(page, 'Welcome');
  await page.keyboard.press('Tab');
  assert.equal(await page.locator(':focus').innerText(), 'Skip to content');
  await tabTo(page, 'Create an account');
  await page.keyboard.press('Enter');
  await assertAt(page, 'Create an account');
  await tabTo(page, 'E-mail');
  await page.keyboard.type(EMAIL);
  await page.keyboard.press('Enter');
  await assertAt(page, 'Choose how you will sign in');
  await tabTo(page, 'Password');
  await page.keyboard.type('1234');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await assertAccessible(page);
  // What is wrong is read out first, and leads to its field.
  assert.match(await page.locator(':focus').innerText(), /^There is a problem/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  // Her code is on its way; she closes the page.
  await assertAt(page, 'Enter the code');
});

test('she signs in, and is told when she mistypes', async () => {
  const { page } = mia;
  await signIn(page, 'a quiet harbour in may');
  await page.getByRole('alert').getByText('The provided credentials are invalid').waitFor();
  await assertAccessible(page);
  await page.getByLabel('Password').fill(PASSWORD);
  await button(page, 'Sign in with password').click();
  await assertAt(page, 'Your account');
  await page.getByText(`${EMAIL} (not verified yet)`).waitFor();
});

test('she verifies her address by the code that is sent to it', async () => {
  const { page } = mia;
  await link(page, 'Verify an address').click();
  await assertAt(page, 'Verify your address');
  const code = await nextCode(dataDir, EMAIL, async () => {
    await page.getByLabel('Email').fill(EMAIL);
    await button(page, 'Continue').click();
    await assertAt(page, 'Enter the code');
  });
  await page.getByLabel('Verification code').fill(code);
  await button(page, 'Continue').click();
  await assertAt(page, 'Done');
  await link(page, 'Continue').click();
  await page.getByText(`${EMAIL} (verified)`).waitFor();
});

let secret: string;
let backupCodes: string[];

test('she adds an authenticator app', async () => {
  const { page } = mia;
  await page.goto('/');
  await link(page, 'Account settings').click();
  await assertAt(page, 'Account settings');
  const part = page.getByRole('region', { name: 'Authenticator app' });
  await part.getByRole('img', { name: 'Authenticator app QR code' }).waitFor();
  secret = (await part.locator('code').innerText()).trim();
  await part.getByLabel('Verify code').fill(totpAt(secret, new Date()));
  await part.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Your changes have been saved!').waitFor();
  await assertAccessible(page);
  await button(page, 'Unlink TOTP Authenticator App').waitFor();
});

test('she notes down backup codes', async () => {
  const { page } = mia;
  await button(page, 'Generate new backup recovery codes').click();
  const part = page.getByRole('region', { name: 'Backup codes' });
  await part.getByRole('listitem').first().waitFor();
  await assertAccessible(page);
  backupCodes = await part.getByRole('listitem').allInnerTexts();
  assert.equal(backupCodes.length, 12);
  await button(page, 'Confirm backup recovery codes').click();
  await page.getByText('Your changes have been saved!').waitFor();
  await button(page, 'Reveal backup recovery codes').waitFor();
  await assertAccessible(page);
});

const authenticator = createAuthenticator();

test('she adds a passkey', async () => {
  const { page } = mia;
  await authenticator.plugIn(page);
  await button(page, 'Add passkey').click();
  await page.getByText('Your changes have been saved!').waitFor();
  await page.getByRole('button', { name: /^Remove passkey/ }).waitFor();
  await assertAccessible(page);
});

test('she signs out, and in again by the passkey and a code of the app', async () => {
  const { page } = mia;
  await link(page, 'Sign out').click();
  await assertAt(page, 'You are signed out');
  await link(page, 'Sign in').click();
  await assertAt(page, 'Sign in');
  await authenticator.plugIn(page);
  await button(page, 'Sign in with passkey').click();
  await assertAt(page, 'Second step');
  // The code of now was used as the app was added; the one after it is good already.
  await page.getByLabel('Authentication code').fill(totpAt(secret, new Date(Date.now() + TOTP_STEP_MS)));
  await button(page, 'Use Authenticator').click();
  await assertAt(page, 'Your account');
});

test('without JavaScript she recovers her account on her phone, and chooses another password', async () => {
  await using phone = await openVisitor(browser, url, { ...PHONE, javaScriptEnabled: false });
  const { page } = phone;
  await page.goto('/login');
  await assertAt(page, 'Sign in');
  assert.equal(await button(page, 'Sign in with passkey').isVisible(), false);
  await page.getByText('passkeys need JavaScript').waitFor();
  await link(page, 'Cannot sign in?').click();
  await assertAt(page, 'Recover your account');
  const code = await nextCode(dataDir, EMAIL, async () => {
    await page.getByLabel('Email').fill(EMAIL);
    await button(page, 'Continue').click();
    await assertAt(page, 'Enter the code');
  });
  await page.getByLabel('Recovery code').fill(code);
  await page.getByLabel('Recovery code').press('Enter');
  await assertAt(page, 'Second step');
  await page.getByLabel('Backup recovery code').fill(backupCodes[0] ?? '');
  await page.getByLabel('Backup recovery code').press('Enter');
  await assertAt(page, 'Account settings');
  await page.getByText('You successfully recovered your account.').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).fill(LATER);
  await page.getByRole('textbox', { name: 'Password' }).press('Enter');
  await page.getByText('Your changes have been saved!').waitFor();
  phone.assertQuiet();
});

/** With the password, and a backup code, of which each is good once. */
async function signInTwice(page: Page, backupCode = ''): Promise<void> {
  await signIn(page, LATER);
  await assertAt(page, 'Second step');
  await page.getByLabel('Backup recovery code').fill(backupCode);
  await button(page, 'Use backup recovery code').click();
  await assertAt(page, 'Your account');
}

test('she sees where she is signed in, and ends that elsewhere', async () => {
  await using tablet = await openVisitor(browser, url);
  await signInTwice(tablet.page, backupCodes[1]);
  await using laptop = await openVisitor(browser, url);
  await signInTwice(laptop.page, backupCodes[2]);
  const { page } = laptop;
  await link(page, 'Signed-in devices').click();
  await assertAt(page, 'Signed-in devices');
  const others = page.getByRole('region', { name: 'Other devices' });
  assert.equal(await others.getByRole('listitem').count(), 2);
  // The newest first: that is the tablet, and the phone is left.
  await others.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await others.getByRole('listitem').nth(1).waitFor({ state: 'detached' });
  await tablet.page.goto('/');
  await assertAt(tablet.page, 'Welcome');
  await button(page, 'Sign out everywhere else').click();
  await others.getByText('You are signed in nowhere else.').waitFor();
  await assertAccessible(page);
  tablet.assertQuiet();
  laptop.assertQuiet();
});

test('every page fits a phone and a dark room', async () => {
  await using phone = await openVisitor(browser, url, { ...PHONE, colorScheme: 'dark' });
  const { page } = phone;
  for (const path of ['/', '/login', '/registration', '/recovery', '/verification', '/logged-out']) {
    await page.goto(path);
    await assertAccessible(page);
  }
  phone.assertQuiet();
});

test('nothing was complained of, and nobody else was asked', () => {
  mia.assertQuiet();
});
