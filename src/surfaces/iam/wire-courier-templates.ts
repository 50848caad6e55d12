import Type from 'typebox';
import { TEMPLATE_TYPES } from '../../core/courier/templates.ts';

const Text = Type.String();
const Variables = Type.Array(Text);

/** Where a template comes from. Without `updated_at` where it is built in. */
const source = {
  origin: Type.Union([Type.Literal('own'), Type.Literal('built_in')]),
  /** What it was written in, or `*`: the nearest that there is. */
  language: Text,
  updated_at: Type.Optional(Type.String({ format: 'date-time' })),
};
const named = { template_type: Type.Enum([...TEMPLATE_TYPES]), language: Text };

export const Templates = Type.Array(
  Type.Object({
    ...named,
    email: Type.Object(source),
    /** Of the types that go by text message too. */
    sms: Type.Optional(Type.Object(source)),
  }),
);

export const Template = Type.Object({
  ...named,
  /** Names that subjects may have in `{{ }}`. */
  subject_variables: Variables,
  /** Names that texts and HTML may have. */
  variables: Variables,
  /** The one that they must have; absent where there is none. */
  required_variable: Type.Optional(Text),
  email: Type.Object({ ...source, subject: Text, text: Text, html: Type.Optional(Text) }),
  sms: Type.Optional(Type.Object({ ...source, text: Text })),
});

const strict = { additionalProperties: false } as const;
export const TemplateBody = Type.Object(
  {
    email: Type.Optional(Type.Object({ subject: Text, text: Text, html: Type.Optional(Text) }, strict)),
    sms: Type.Optional(Type.Object({ text: Text }, strict)),
  },
  strict,
);

export const Params = Type.Object({ type: Text, language: Text });
export const Nothing = Type.Object({});
