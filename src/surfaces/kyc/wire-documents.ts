import Type from 'typebox';

const Uuid = Type.String({ format: 'uuid' });

export const UploadInput = Type.Object({
  filename: Type.String({ maxLength: 255, description: 'Ends in .jpg, .jpeg, .png or .pdf.' }),
});

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

export const DocumentParams = Type.Object({ identityId: Uuid, id: Uuid });

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
