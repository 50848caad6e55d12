import Type from 'typebox';

/** Contract verification 3.10. */
export const Monitoring = Type.Object({
  id: Type.String(),
  monitoring_status: Type.Union([Type.Literal('active'), Type.Literal('paused')]),
});

export const ImageMatches = Type.Object({
  data: Type.Array(Type.Unknown(), { description: 'Always empty: no face engine is at work.' }),
});

export const ImageMatchQuery = Type.Object({
  threshold: Type.Optional(Type.Number({ minimum: 0.1, maximum: 1, default: 0.6 })),
  source_type: Type.Optional(Type.Union([Type.Literal('selfie'), Type.Literal('document_front')])),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
});
