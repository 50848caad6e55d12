import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { codeSentTo, openBrowser } from '../../harness/flows.ts';
import { type IamApi, iamOf, newEmail, startIam } from '../../harness/iam.ts';
import {
  buttonsOf,
  enter,
  follow,
  makePerson,
  openPage,
  PASSWORD,
  press,
  problemsOf,
  signIn,
  titleOf,
} from '../../harness/pages.ts';
import { startServer } from '../../harness/server.ts';
import { totpAt } from '../../harness/totp.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

suite('from the start page to the end, without a script', () => {
  test('one signs up, proves the address, signs in, and signs out again', async () => {
    const browser = openBrowser(api);
    const email = newEmail();
    const welcome = await openPage(browser, '/');
    assert.equal(titleOf(welcome), 'Welcome');
    const first = await follow(browser, welcome, 'Create an account');
    const second = await press(browser, first, 'Sign up', { 'traits.email': email });
    assert.equal(titleOf(second), 'Choose how you will sign in');
    await press(browser, second, 'Sign up', { password: PASSWORD });
    await signIn(browser, email);
    const home = await openPage(browser, '/');
    assert.match(home.text, new RegExp(`${email} <span class="soft">\\(not verified yet\\)`));

    const asked = await follow(browser, home, 'Verify an address');
    const sent = await press(browser, asked, 'Continue', { email });
    assert.equal(titleOf(sent), 'Enter the code');
    const proved = await press(browser, sent, 'Continue', { code: await codeSentTo(api, email) });
    assert.match(proved.text, /You successfully verified your email address\./);
    const back = await follow(browser, proved, 'Continue');
    assert.match(back.text, new RegExp(`${email} <span class="soft">\\(verified\\)`));

    const out = await follow(browser, back, 'Sign out');
    assert.equal(titleOf(out), 'You are signed out');
    assert.equal(titleOf(await openPage(browser, '/')), 'Welcome');
  });

  test('one signs in by a code; sending it again is a button that takes no code', async () => {
    const browser = openBrowser(api);
    const { email } = await makePerson(api);
    const login = await openPage(browser, '/login');
    const sent = await press(browser, login, 'Send sign in code', { identifier: email });
    assert.equal(titleOf(sent), 'Enter the code');
    const again = await press(browser, sent, 'Resend code');
    assert.equal(titleOf(again), 'Enter the code');
    const home = await press(browser, again, 'Continue', { code: await codeSentTo(api, email) });
    assert.equal(titleOf(home), 'Your account');
  });

  test('one recovers by a code, also by one that was sent again', async () => {
    const browser = openBrowser(api);
    const { email } = await makePerson(api);
    const asked = await follow(browser, await openPage(browser, '/login'), 'Cannot sign in?');
    const sent = await press(browser, asked, 'Continue', { email });
    const again = await press(browser, sent, 'Resend code');
    const settings = await press(browser, again, 'Continue', { code: await codeSentTo(api, email) });
    assert.match(settings.text, /You successfully recovered your account\./);
    assert.equal(titleOf(await openPage(browser, '/')), 'Your account');
  });

  test('one chooses another password in settings, in a form of its own', async () => {
    const { browser, page: home, email } = await enter(api);
    const settings = await follow(browser, home, 'Account settings');
    assert.match(settings.text, /<h2 id="part-password">Password<\/h2>/);
    const save = buttonsOf(settings.text).find(
      ({ name, value }) => name === 'method' && value === 'password',
    );
    assert.deepEqual(Object.keys(save?.form.fields ?? {}), ['csrf_token', 'password']);
    const password = 'another harbour in July';
    const { pathname, search } = new URL(save?.form.action ?? '');
    const saved = await browser.postForm(`${pathname}${search}`, {
      ...save?.form.fields,
      ...{ password, method: 'password' },
    });
    const shown = await openPage(browser, saved.headers.get('location') ?? '');
    assert.match(shown.text, /<p class="notice success" role="status">Your changes have been saved!/);
    const other = openBrowser(api);
    assert.equal(titleOf(await signIn(other, email, password)), 'Your account');
  });

  test('one with a second factor is asked for it, and is told nothing before', async () => {
    const totp = { config: { totp_url: `otpauth://totp/x:y?secret=${SECRET}&issuer=x` } };
    const { browser, page: second, email } = await enter(api, { totp });
    assert.equal(titleOf(second), 'Second step');
    const halfway = await openPage(browser, '/');
    assert.equal(titleOf(halfway), 'Second step');
    assert.ok(!halfway.text.includes(email));
    const asked = await follow(browser, halfway, 'Go on to the second step');
    const totp_code = totpAt(SECRET, api.clock.now());
    const home = await press(browser, asked, 'Use Authenticator', { totp_code });
    assert.ok(home.text.includes(email));
  });

  test('a wrong password is said first of all, once, and what was typed stays, but for the password', async () => {
    const browser = openBrowser(api);
    const { email } = await makePerson(api);
    const page = await signIn(browser, email, 'no quiet harbour at all');
    assert.equal(page.status, 200);
    assert.deepEqual(problemsOf(page).length, 1);
    assert.match(problemsOf(page)[0] ?? '', /^The provided credentials are invalid/);
    assert.match(page.text, /<div class="summary" role="alert" tabindex="-1" autofocus/);
    assert.ok(page.text.includes(`value="${email}"`));
    assert.ok(!page.text.includes('no quiet harbour'));
  });

  test('what is wrong with a field leads to the field, which says so too', async () => {
    const browser = openBrowser(api);
    const first = await openPage(browser, '/registration');
    const again = await press(browser, first, 'Sign up', { 'traits.email': 'no address' });
    assert.match(again.text, /<a href="#profile-traits\.email">E-mail: /);
    const field = /<input id="profile-traits\.email"[^>]*>/.exec(again.text)?.[0] ?? '';
    assert.match(field, /aria-describedby="profile-traits\.email-told" aria-invalid="true"/);
    assert.match(again.text, /<p class="message" id="profile-traits\.email-told">/);
  });

  test('Enter in a sign-in form means the password', async () => {
    const { text } = await openPage(openBrowser(api), '/login');
    const [first] = buttonsOf(text);
    assert.deepEqual([first?.name, first?.value], ['method', 'password']);
  });
});

test('signing up at once and being asked for one’s name first are pages too', async () => {
  const environment = {
    SELFSAME_SELF_SERVICE_REGISTRATION_STYLE: 'one_step',
    SELFSAME_SELF_SERVICE_LOGIN_STYLE: 'identifier_first',
  };
  await using other = await iamOf(await startServer({ environment }));
  const browser = openBrowser(other);
  const email = newEmail();
  const form = await openPage(browser, '/registration');
  await press(browser, form, 'Sign up', { 'traits.email': email, password: PASSWORD });
  const first = await press(browser, await openPage(browser, '/login'), 'Continue', { identifier: email });
  const home = await press(browser, first, 'Sign in with password', { password: PASSWORD });
  assert.equal(titleOf(home), 'Your account');
});
