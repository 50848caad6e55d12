import assert from 'node:assert/strict';

/** What calls the server with a good key. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
  // biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
) => Promise<{ readonly status: number; readonly body: any }>;

/** Values that no store, log or metric may hold. */
export interface Marks {
  /** A text that there is only once; letters and digits. */
  readonly text: () => string;
  readonly phone: string;
}

export async function done(sent: ReturnType<Call>) {
  const { status, body } = await sent;
  assert.ok(status >= 200 && status < 300, JSON.stringify(body));
  return body;
}

/** The kyc surface, in requests that succeed. */
export async function writeKyc(call: Call, { text, phone }: Marks): Promise<void> {
  const person = () => ({
    ...{
      type: 'person',
      name: `${text()} ${text()}`,
      email: `${text()}@example.com`,
      birthday: '1990-05-06',
    },
    ...{ gender: 'female', phone: { number: phone, sms: true } },
    address: { city: text(), country: 'PT', postalCode: text().slice(-16), street: text() },
    tax: { country: 'PT', idNumber: text().slice(-20) },
  });
  const { data: ana } = await done(call('POST', '/identities', person()));
  const { data: other } = await done(call('POST', '/identities', person()));
  await done(call('PATCH', `/identities/${ana.id}`, { name: text(), email: `${text()}@example.com` }));
  await done(call('GET', `/identities?filter[email]=${encodeURIComponent(`like:${text()}`)}`));
  await done(call('GET', `/identities?filter[name]=${text()}&sort=-updatedAt`));
  await done(
    call('POST', '/identity-relations', { fromIdentity: ana.id, toIdentity: other.id, label: text() }),
  );
  await done(call('POST', '/presign-url', { filename: `${text()}.png` }));
  await done(call('GET', `/identities/${ana.id}/operations`));
  await done(call('DELETE', `/identities/${other.id}`));
}

/** The iam surface, in requests that succeed. */
export async function writeIam(call: Call, { text, phone }: Marks): Promise<void> {
  const body = () => ({
    schema_id: 'default',
    traits: {
      email: `${text()}@example.com`,
      username: text(),
      phone: `+${phone}`,
      name: { first: text(), last: text() },
    },
    metadata_public: { [text()]: text() },
    metadata_admin: [text()],
    external_id: text(),
  });
  const credentials = () => ({
    password: { config: { password: text() } },
    oidc: { config: { providers: [{ provider: 'google', subject: text() }] } },
    totp: { config: { totp_url: `otpauth://totp/${text()}?secret=JBSWY3DPEHPK3PXP&issuer=${text()}` } },
    lookup_secret: { config: { codes: [{ code: text() }] } },
  });
  const made = await done(call('POST', '/admin/identities', { ...body(), credentials: credentials() }));
  const one = `/admin/identities/${made.id}`;
  await done(call('GET', `${one}?include_credential=password&include_credential=lookup_secret`));
  await done(call('PUT', one, { ...body(), state: 'active', credentials: credentials() }));
  await done(
    call('PATCH', one, [
      { op: 'replace', path: '/traits/name/first', value: text() },
      { op: 'add', path: '/metadata_public/note', value: text() },
      { op: 'replace', path: '/verifiable_addresses/0/verified', value: true },
    ]),
  );
  for (const filter of ['credentials_identifier', 'preview_credentials_identifier_similar'])
    await done(call('GET', `/admin/identities?${filter}=${text()}`));
  await done(
    call('PATCH', '/admin/identities', {
      identities: [{ create: body() }, { create: { ...body(), credentials: credentials() } }],
    }),
  );
  const gone = await done(call('POST', '/admin/identities', { ...body(), state: 'inactive' }));
  await done(call('DELETE', `/admin/identities/${gone.id}`));
}
