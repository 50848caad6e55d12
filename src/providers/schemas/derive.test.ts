import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_SCHEMA } from '../../core/pools/default-schema.ts';
import { createSchemaCompiler } from './schema-compiler.ts';
import { compileTraits, EMAIL } from './testing/compile-traits.ts';

describe('identifiers and addresses', () => {
  it('of the default schema', () => {
    const schema = createSchemaCompiler().compile(DEFAULT_SCHEMA);
    const traits = { email: 'Foo@Bar.com', username: 'Bob', phone: '+49 176 67111638', name: { first: 'B' } };
    assert.deepEqual(schema.validate(traits), []);
    assert.deepEqual(schema.derive(traits), {
      identifiers: [
        { type: 'password', value: 'foo@bar.com' },
        { type: 'code', via: 'email', value: 'foo@bar.com' },
        { type: 'password', value: 'bob' },
      ],
      verifiable: [{ via: 'email', value: 'foo@bar.com' }],
      recovery: [{ via: 'email', value: 'foo@bar.com' }],
      totpAccountName: null,
      passkeyDisplayName: null,
      organizationDomains: [],
    });
    assert.deepEqual(
      schema.normaliseTraits(traits),
      traits,
      'no message goes to the phone: it stays as it is',
    );
    assert.deepEqual(schema.derive({}).identifiers, []);
  });

  it('are found in nested objects, lists, behind references and under patterns; equal ones once', () => {
    const schema = compileTraits(
      {
        properties: {
          emails: { type: 'array', items: { $ref: '#/definitions/email' } },
          work: { type: 'object', properties: { email: { allOf: [{ $ref: '#/definitions/email' }] } } },
          pair: { type: 'array', items: [{ type: 'number' }, { $ref: '#/definitions/email' }] },
        },
        patternProperties: { '^x_': { $ref: '#/definitions/email' } },
        additionalProperties: { $ref: '#/definitions/email' },
      },
      { definitions: { email: EMAIL } },
    );
    const traits = {
      emails: ['a@b.com', 'B@b.com', 'A@b.com'],
      work: { email: 'c@b.com' },
      pair: [1, 'd@b.com'],
      x_1: 'e@b.com',
      other: 'f@b.com',
    };
    assert.deepEqual(schema.validate(traits), []);
    const { verifiable, identifiers } = schema.derive(traits);
    const all = ['a@b.com', 'b@b.com', 'c@b.com', 'd@b.com', 'e@b.com', 'f@b.com'];
    assert.deepEqual(
      verifiable.map(({ value }) => value),
      all,
    );
    assert.deepEqual(
      identifiers.map(({ value }) => value),
      all,
    );
  });

  it('come from the branches that match, and from no other', () => {
    const kind = (name: string, member: string) => ({
      type: 'object',
      properties: { kind: { const: name }, [member]: EMAIL },
      required: ['kind'],
    });
    const branches = [kind('staff', 'work'), kind('guest', 'home')];
    for (const keyword of ['anyOf', 'oneOf']) {
      const schema = compileTraits({ [keyword]: branches });
      const traits = { kind: 'guest', work: 'w@b.com', home: 'h@b.com' };
      assert.deepEqual(schema.validate(traits), []);
      assert.deepEqual(schema.derive(traits).recovery, [{ via: 'email', value: 'h@b.com' }]);
    }
  });

  it('follow conditions', () => {
    const schema = compileTraits({
      if: { properties: { kind: { const: 'staff' } }, required: ['kind'] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
      then: { properties: { work: EMAIL } },
      else: { properties: { home: EMAIL } },
    });
    const both = { work: 'w@b.com', home: 'h@b.com' };
    assert.equal(schema.derive({ kind: 'staff', ...both }).recovery[0]?.value, 'w@b.com');
    assert.equal(schema.derive({ kind: 'guest', ...both }).recovery[0]?.value, 'h@b.com');
  });

  it('iam 78: a schema without the trait has no identifier of it', () => {
    assert.deepEqual(
      compileTraits({ properties: { email: { type: 'string' } } }).derive({ email: 'a@b.com' }).identifiers,
      [],
    );
  });

  it('names for authenticators, and organizations', () => {
    const marks = {
      credentials: {
        totp: { account_name: true },
        passkey: { display_name: true },
        webauthn: { identifier: true },
      },
      organizations: { matcher: 'email_domain' },
    };
    const schema = compileTraits({ properties: { email: { type: 'string', 'ory.sh/kratos': marks } } });
    assert.deepEqual(schema.derive({ email: 'Me@Bücher.example' }), {
      identifiers: [{ type: 'webauthn', value: 'me@xn--bcher-kva.example' }],
      verifiable: [],
      recovery: [],
      totpAccountName: 'Me@Bücher.example',
      passkeyDisplayName: 'Me@Bücher.example',
      organizationDomains: ['xn--bcher-kva.example'],
    });
  });
});

describe('phones and checks of addresses (contract iam 5)', () => {
  const via = (kratos: object, format?: string) =>
    compileTraits({
      properties: {
        a: { type: 'string', ...(format === undefined ? {} : { format }), 'ory.sh/kratos': kratos },
      },
    });
  const verified = (channel: string, format?: string) => via({ verification: { via: channel } }, format);
  const idsOf = (schema: ReturnType<typeof compileTraits>, a: string) =>
    schema.validate({ a }).map(({ messageId }) => messageId);

  it('iam 74: a phone that messages go to is E.164 in traits and in addresses', () => {
    const code = { credentials: { code: { identifier: true, via: 'sms' } } };
    const traits = { a: '+49 176 671 11 638' };
    for (const schema of [verified('sms', 'tel'), via(code, 'tel'), via({ recovery: { via: 'sms' } })]) {
      assert.deepEqual(schema.validate(traits), []);
      assert.deepEqual(schema.normaliseTraits(traits), { a: '+4917667111638' });
      const { verifiable, recovery, identifiers } = schema.derive(traits);
      assert.deepEqual(
        [...verifiable, ...recovery, ...identifiers].map(({ value }) => value),
        ['+4917667111638'],
      );
    }
  });

  it('rewriting leaves lists, neighbours and what it was given alone', () => {
    const phone = { type: 'string', format: 'tel', 'ory.sh/kratos': { verification: { via: 'sms' } } };
    const schema = compileTraits({ properties: { phones: { type: 'array', items: phone }, note: {} } });
    const traits = { phones: ['+49 176 671 11 638', '+4917667111639'], note: { x: '+49 176 671 11 638' } };
    const before = structuredClone(traits);
    assert.deepEqual(schema.normaliseTraits(traits), {
      ...traits,
      phones: ['+4917667111638', '+4917667111639'],
    });
    assert.deepEqual(traits, before);
  });

  it('an e-mail address is checked with its format and without, and told once', () => {
    for (const schema of [
      verified('email'),
      verified('email', 'email'),
      via({ recovery: { via: 'email' } }),
    ]) {
      assert.deepEqual(idsOf(schema, 'a@b.com'), []);
      assert.deepEqual(idsOf(schema, 'nope'), [4000040]);
    }
  });

  it('a phone that is verified needs a format, and one that goes with messages', () => {
    assert.deepEqual(idsOf(verified('sms'), '+4917667111638'), [4000001]);
    assert.deepEqual(idsOf(verified('sms', 'email'), 'a@b.com'), [4000001]);
    assert.deepEqual(idsOf(verified('email', 'tel'), '+4917667111638'), [4000001]);
    assert.deepEqual(idsOf(verified('sms', 'tel'), '0176'), [4000041]);
  });

  it('no-validate only trims', () => {
    const schema = verified('sms', 'no-validate');
    assert.deepEqual(idsOf(schema, ' 0176 '), []);
    assert.deepEqual(schema.derive({ a: ' 0176 ' }).verifiable, [{ via: 'sms', value: '0176' }]);
    assert.deepEqual(schema.normaliseTraits({ a: ' +49 176 671 11 638' }), { a: ' +49 176 671 11 638' });
  });

  it('no-validate holds for codes and recovery too: mailboxes that break the rules of their kind exist', () => {
    const email = {
      type: 'string',
      format: 'no-validate',
      pattern: "^[a-zA-Z0-9!#$%&'*+\\=?^_`{|}~.\\-]+@docomo\\.ne\\.jp$",
      'ory.sh/kratos': {
        credentials: { code: { identifier: true, via: 'email' } },
        recovery: { via: 'email' },
      },
    };
    const schema = compileTraits({ properties: { email } });
    assert.deepEqual(schema.validate({ email: 'Foo..bar.@docomo.ne.jp' }), []);
    assert.deepEqual(
      schema.validate({ email: 'foo@example.org' }).map(({ messageId }) => messageId),
      [4000004],
    );
    const { identifiers, recovery } = schema.derive({ email: 'Foo..bar.@docomo.ne.jp' });
    assert.deepEqual(identifiers, [{ type: 'code', via: 'email', value: 'foo..bar.@docomo.ne.jp' }]);
    assert.deepEqual(recovery, [{ via: 'email', value: 'Foo..bar.@docomo.ne.jp' }]);
  });

  it('codes and recovery need an address of their channel', () => {
    for (const kratos of [
      { recovery: { via: 'sms' } },
      { credentials: { code: { identifier: true, via: 'sms' } } },
    ])
      assert.deepEqual(idsOf(via(kratos), 'a@b.com'), [4000041]);
  });
});
