import Type from 'typebox';

const UUID = '^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
const Uuid = Type.String({ pattern: UUID });
const closed = { additionalProperties: false } as const;

export const UploadInput = Type.Object({ filename: Type.String() }, closed);

/** Clients send the fields back as they are (contract kyc 3.6). */
export const UploadForm = Type.Object({
  data: Type.Object({
    url: Type.String(),
    fields: Type.Object({
      key: Type.String(),
      bucket: Type.String(),
      'X-Amz-Algorithm': Type.String(),
      'X-Amz-Credential': Type.String(),
      'X-Amz-Date': Type.String(),
      'X-Amz-Security-Token': Type.String(),
      Policy: Type.String(),
      'X-Amz-Signature': Type.String(),
    }),
  }),
});

export const DocumentPath = Type.Object({ identity_id: Uuid, id: Uuid });
export const NoQuery = Type.Object({}, closed);

export const ViewLink = Type.Object({ data: Type.Object({ url: Type.String() }) });

/** The form's fields and then the file, for the reference; the form reader decides. */
export const UploadBody = Type.Object({
  key: Type.String(),
  bucket: Type.String(),
  'X-Amz-Algorithm': Type.String(),
  'X-Amz-Credential': Type.String(),
  'X-Amz-Date': Type.String(),
  'X-Amz-Security-Token': Type.String(),
  Policy: Type.String(),
  'X-Amz-Signature': Type.String(),
  file: Type.String({ format: 'binary' }),
});
