import assert from 'node:assert/strict';
import { type Browser, openBrowser } from './flows.ts';
import { type IamApi, newEmail, type Shown } from './iam.ts';
import type { Reply } from './server.ts';

export const PASSWORD = 'a quiet harbour in June';
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** A page as a browser without scripts has it, once it has gone wherever it was sent. */
export interface OpenedPage extends Reply {
  /** Without the server's address. */
  readonly path: string;
}

type Fields = Readonly<Record<string, string>>;

interface Form {
  readonly action: string;
  readonly id: string | undefined;
  readonly fields: Fields;
}

interface Button {
  readonly form: Form;
  readonly text: string;
  readonly name: string | undefined;
  readonly value: string;
}

const REDIRECTS_MAX = 5;
const ENTITIES: Fields = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };

/** Opens a page of the server, by a path or a whole address. */
export async function openPage(browser: Browser, address: string): Promise<OpenedPage> {
  let path = pathOf(address);
  for (let step = 0; step <= REDIRECTS_MAX; step += 1) {
    const reply = await browser.get(path, HTML);
    const location = reply.headers.get('location');
    if (location === null) return { ...reply, path };
    path = pathOf(location);
  }
  return assert.fail(`redirected again and again, in the end to ${path}`);
}

/** Fills a form in and presses one of its buttons, as a page without scripts does it. */
export async function press(
  browser: Browser,
  page: OpenedPage,
  label: string,
  typed: Fields = {},
): Promise<OpenedPage> {
  const button = buttonsOf(page.text).find(({ text }) => text === label);
  assert.ok(button, `no button "${label}" on ${page.path}:\n${page.text}`);
  const { form, name, value } = button;
  for (const field of Object.keys(typed))
    assert.ok(field in form.fields, `no field "${field}" beside "${label}"`);
  const sent = { ...form.fields, ...typed, ...(name === undefined ? {} : { [name]: value }) };
  const reply = await browser.postForm(pathOf(form.action), sent);
  const location = reply.headers.get('location');
  assert.ok(location, `${reply.status}: ${reply.text}`);
  return openPage(browser, location);
}

/** Follows a link by its text. */
export function follow(browser: Browser, page: OpenedPage, label: string): Promise<OpenedPage> {
  for (const [, attributes = '', text = ''] of page.text.matchAll(/<a ([^>]*)>([^<]*)<\/a>/g))
    if (decode(text) === label) return openPage(browser, attributeOf(attributes, 'href') ?? '');
  return assert.fail(`no link "${label}" on ${page.path}:\n${page.text}`);
}

/** Signs in with a password, and goes wherever that leads. */
export async function signIn(browser: Browser, identifier: string, password = PASSWORD): Promise<OpenedPage> {
  return press(browser, await openPage(browser, '/login'), 'Sign in with password', { identifier, password });
}

/** Somebody who has a password, made by an administrator. */
export async function makePerson(
  api: IamApi,
  credentials: Shown = {},
): Promise<{ id: string; email: string }> {
  const email = newEmail();
  const password = { config: { password: PASSWORD } };
  const { id } = await api.create({ traits: { email }, credentials: { password, ...credentials } });
  return { id, email };
}

/** Somebody new in a browser of their own, and the page that signing in led to. */
export async function enter(
  api: IamApi,
  credentials: Shown = {},
): Promise<{ browser: Browser; page: OpenedPage; email: string }> {
  const browser = openBrowser(api);
  const { email } = await makePerson(api, credentials);
  return { browser, email, page: await signIn(browser, email) };
}

export function titleOf({ text }: Reply): string {
  return decode(/<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? '');
}

/** What is wrong, as the page says first of all. */
export function problemsOf({ text }: Reply): string[] {
  const [, list = ''] = /<div class="summary"[^>]*>.*?<ul>(.*?)<\/ul>/s.exec(text) ?? [];
  return [...list.matchAll(/<li>(.*?)<\/li>/gs)].map(([, item = '']) =>
    decode(item.replaceAll(/<[^>]*>/g, '')),
  );
}

export function buttonsOf(text: string): Button[] {
  const forms = formsOf(text);
  return forms.flatMap(({ form, inner }) =>
    [...inner.matchAll(/<button ([^>]*)>([^<]*)<\/button>/g)].map(([, attributes = '', label = '']) => {
      const other = attributeOf(attributes, 'form');
      return {
        form: forms.find((one) => other !== undefined && one.form.id === other)?.form ?? form,
        text: decode(label),
        name: attributeOf(attributes, 'name'),
        value: attributeOf(attributes, 'value') ?? '',
      };
    }),
  );
}

function formsOf(text: string): { form: Form; inner: string }[] {
  return [...text.matchAll(/<form ([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', inner = '']) => {
    const inputs = [...inner.matchAll(/<input ([^>]*)>/g)].map(([, input = '']) => input);
    const fields = inputs.flatMap((input): [string, string][] => {
      const name = attributeOf(input, 'name');
      return name === undefined ? [] : [[name, attributeOf(input, 'value') ?? '']];
    });
    const action = attributeOf(attributes, 'action') ?? '';
    return { form: { action, id: attributeOf(attributes, 'id'), fields: Object.fromEntries(fields) }, inner };
  });
}

function attributeOf(tag: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : decode(found);
}

function decode(text: string): string {
  return text.replaceAll(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
}

function pathOf(address: string): string {
  const { pathname, search } = new URL(address, 'http://127.0.0.1');
  return `${pathname}${search}`;
}
