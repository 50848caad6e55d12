/** The schema `default` that every new pool gets (DESIGN 7.1): no trait is required. */
export const DEFAULT_SCHEMA_ID = 'default';
export const DEFAULT_SCHEMA = {
  $id: 'https://selfsame.dev/schemas/default.json',
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Person',
  type: 'object',
  properties: {
    traits: {
      type: 'object',
      properties: {
        email: {
          type: 'string',
          format: 'email',
          title: 'E-mail',
          maxLength: 320,
          selfsame: { attribute: 'email' },
          'ory.sh/kratos': {
            credentials: { password: { identifier: true }, code: { identifier: true, via: 'email' } },
            verification: { via: 'email' },
            recovery: { via: 'email' },
          },
        },
        username: {
          type: 'string',
          title: 'Username',
          maxLength: 256,
          selfsame: { attribute: 'preferred_username' },
          'ory.sh/kratos': { credentials: { password: { identifier: true } } },
        },
        phone: {
          type: 'string',
          format: 'tel',
          title: 'Phone number',
          maxLength: 64,
          selfsame: { attribute: 'phone_number' },
        },
        name: {
          type: 'object',
          properties: {
            first: {
              type: 'string',
              title: 'First name',
              maxLength: 256,
              selfsame: { attribute: 'given_name' },
            },
            last: {
              type: 'string',
              title: 'Last name',
              maxLength: 256,
              selfsame: { attribute: 'family_name' },
            },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
  },
};
