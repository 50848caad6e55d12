import Type from 'typebox';

const Text = Type.String();
const Uuid = Type.String({ format: 'uuid' });
const AnyObject = Type.Record(Text, Type.Unknown());

/** Of every call: the project, and who answers for the user. */
const NAMES = {
  projectId: Uuid,
  strategy: Type.Enum(['email', 'simplified', 'anonymous']),
  provider: Type.Optional(Text),
};

export const Query = Type.Object({ ...NAMES, externalId: Type.Optional(Text) });
export const CheckQuery = Type.Object({ ...NAMES, deviceId: Uuid });
export const NonstandardQuery = Type.Object({
  ...NAMES,
  userId: Type.Optional(Text),
  accessToken: Type.Optional(Text),
  deviceId: Type.Optional(Uuid),
});

const profile = {
  username: Type.Optional(Text),
  nickname: Type.Optional(Text),
  /** Beside these: `custom:…`, texts. */
  appProfile: Type.Optional(AnyObject),
};

export const RegisterBody = Type.Object({
  ...NAMES,
  deviceId: Type.Optional(Uuid),
  externalId: Type.Optional(Text),
  data: Type.Optional(
    Type.Object({
      ...{ email: Type.Optional(Text), password: Type.Optional(Text), ...profile },
      ...{ deviceId: Type.Optional(Uuid), additionalId: Type.Optional(Text) },
    }),
  ),
});
export const UpdateBody = Type.Object({
  ...NAMES,
  externalId: Type.Optional(Text),
  data: Type.Object({ email: Type.Optional(Text), ...profile }),
});
export const LoginBody = Type.Object({
  ...NAMES,
  deviceId: Type.Optional(Uuid),
  data: Type.Optional(
    Type.Object({
      ...{ email: Type.Optional(Text), password: Type.Optional(Text), ...profile },
      ...{ deviceId: Type.Optional(Uuid), additionalId: Type.Optional(Text) },
    }),
  ),
});
export const ChangePasswordBody = Type.Object({
  ...NAMES,
  deviceId: Type.Optional(Uuid),
  data: Type.Object({ previousPassword: Text, password: Text }),
});
export const ForgotBody = Type.Object({ ...NAMES, data: Type.Object({ email: Text }) });
export const ConfirmBody = Type.Object({
  ...NAMES,
  data: Type.Object({ email: Text, confirmationCode: Text, password: Text }),
});
export const RefreshBody = Type.Object({ ...NAMES, deviceId: Type.Optional(Uuid), refreshToken: Text });
export const LogoutBody = Type.Object({ ...NAMES, deviceId: Type.Optional(Uuid) });
export const LinkBody = Type.Object({
  ...NAMES,
  data: Type.Object({ provider: Text, accessToken: Text, userId: Type.Optional(Text) }),
});

const Envelope = { result: Type.Literal(1), message: Text };

/** `data` is what the provider has: see contract identify 3. The rest stands beside it with noLogin only. */
export const UserReply = Type.Object({
  ...Envelope,
  strategy: Type.Optional(Text),
  provider: Type.Optional(Text),
  projectId: Type.Optional(Uuid),
  externalId: Type.Optional(Text),
  data: AnyObject,
});

/** Times in Unix seconds. */
export const SessionReply = Type.Object({
  ...Envelope,
  data: Type.Object({
    deviceId: Uuid,
    timeStamp: Type.Integer(),
    signature: Text,
    externalId: Text,
    userId: Uuid,
    signUp: Type.Integer(),
    accessToken: Type.Optional(Text),
    profileToken: Type.Optional(Text),
    refreshToken: Type.Optional(Text),
  }),
});

export const EmptyReply = Type.Object({ ...Envelope, data: Type.Object({}) });
