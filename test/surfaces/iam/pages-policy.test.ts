import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { nativeClient, openBrowser } from '../../harness/flows.ts';
import { type IamApi, iamOf, newEmail, startIam } from '../../harness/iam.ts';
import { makePerson, type OpenedPage, openPage, PASSWORD, signIn } from '../../harness/pages.ts';
import { startServer } from '../../harness/server.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`;

suite('what a page lets through', () => {
  const styleOf = ({ text }: OpenedPage) => /<style>(.*)<\/style>/s.exec(text)?.[1] ?? '';
  const policyOf = ({ headers }: OpenedPage) => headers.get('content-security-policy') ?? '';

  function expectedPolicy(page: OpenedPage, formSources: readonly string[], script?: string): string {
    const hash = createHash('sha256').update(styleOf(page)).digest('base64');
    return [
      "default-src 'none'; base-uri 'none'",
      `form-action ${["'self'", ...formSources].join(' ')}`,
      `frame-ancestors 'none'; style-src 'sha256-${hash}'; img-src data:`,
      ...(script === undefined ? [] : [`script-src ${script}`]),
    ].join('; ');
  }

  test('its own style, pictures in itself, the script that a flow names, and nothing else', async () => {
    const browser = openBrowser(api);
    for (const path of ['/', '/recovery', '/verification', '/logged-out', '/error?id=not_found'])
      assert.equal(
        policyOf(await openPage(browser, path)),
        expectedPolicy(await openPage(browser, path), []),
        path,
      );
    const login = await openPage(browser, '/login');
    const script = `${api.server.url}/.well-known/ory/webauthn.js`;
    assert.equal(policyOf(login), expectedPolicy(login, [], script));
    assert.equal(login.text.match(/<script/g)?.length, 1);
    assert.match(
      login.text,
      new RegExp(`<script src="${script}" integrity="sha512-[^"]+" crossorigin="anonymous" defer>`),
    );
    assert.doesNotMatch(login.text, / on\w+=| style=/);
    for (const [name, value] of [
      ['cache-control', 'no-store'],
      ['referrer-policy', 'same-origin'],
      ['x-frame-options', 'DENY'],
      ['x-content-type-options', 'nosniff'],
    ] as const)
      assert.equal(login.headers.get(name), value);
  });

  test('a form may lead to where its flow returns to, and to no other site', async () => {
    const elsewhere = await startElsewhere();
    try {
      const browser = openBrowser(elsewhere);
      const place = encodeURIComponent('https://app.example.com/portal?a=1');
      const page = await openPage(browser, `/recovery?return_to=${place}`);
      assert.equal(policyOf(page), expectedPolicy(page, ['https://app.example.com']));
    } finally {
      await elsewhere[Symbol.asyncDispose]();
    }
  });

  async function startElsewhere(): Promise<IamApi> {
    const environment = { SELFSAME_SELF_SERVICE_RETURN_TO: 'https://app.example.com' };
    return iamOf(await startServer({ environment }));
  }

  test('whatever people, administrators and browsers wrote is text', async () => {
    await api.setSchema('hostile', {
      properties: {
        email: {
          ...{ type: 'string', format: 'email', title: HOSTILE },
          'ory.sh/kratos': {
            credentials: { password: { identifier: true } },
            verification: { via: 'email' },
          },
        },
      },
    });
    const { email } = await makePerson(api);
    const browser = openBrowser(api);
    const sent = await browser.begin('login');
    const form = { method: 'password', identifier: HOSTILE, password: HOSTILE };
    const csrf_token = sent.ui.nodes[0].attributes.value;
    await browser.postForm(`/self-service/login?flow=${sent.id}`, { ...form, csrf_token });
    const again = await openPage(browser, `/login?flow=${sent.id}`);
    assertInert(again);
    assert.ok(again.text.includes('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;'), again.text);

    await nativeClient(api).run(
      'login',
      { method: 'password', identifier: email, password: PASSWORD },
      {
        headers: { 'user-agent': HOSTILE },
      },
    );
    await signIn(browser, email);
    assertInert(await openPage(browser, '/settings/sessions'));
    assertInert(await openPage(browser, '/'));
    const name = await api.create({ schema_id: 'hostile', traits: { email: newEmail() } });
    assert.equal(name.schema_id, 'hostile');
  });

  function assertInert({ text }: OpenedPage): void {
    assert.ok(!text.includes('<script>') && !text.includes('<img src=x'), text);
  }
});
