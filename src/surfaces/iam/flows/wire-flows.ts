import Type from 'typebox';
import { ErrorReply } from '../errors.ts';
import { Identity } from '../wire.ts';
import { Session } from '../wire-sessions.ts';

const Uuid = Type.String({ format: 'uuid' });
const Timestamp = Type.String({ format: 'date-time' });
const Any = Type.Record(Type.String(), Type.Unknown());

const Text = Type.Object({
  id: Type.Integer(),
  text: Type.String(),
  type: Type.String(),
  context: Type.Optional(Any),
});
const Node = Type.Object({
  type: Type.String(),
  group: Type.String(),
  /** By `node_type`; contract iam 6.1. */
  attributes: Any,
  messages: Type.Array(Text),
  meta: Type.Object({ label: Type.Optional(Text) }),
});

const NextFlow = Type.Object({
  id: Uuid,
  verifiable_address: Type.Optional(Type.String()),
  url: Type.Optional(Type.String()),
});
const ContinueWith = Type.Array(
  Type.Object({
    action: Type.String(),
    ory_session_token: Type.Optional(Type.String()),
    flow: Type.Optional(NextFlow),
    redirect_browser_to: Type.Optional(Type.String()),
  }),
);

/** Contract iam 6.1. Fields that only some kinds have are optional. */
export const Flow = Type.Object({
  id: Uuid,
  type: Type.String(),
  issued_at: Timestamp,
  expires_at: Timestamp,
  request_url: Type.String(),
  return_to: Type.Optional(Type.String()),
  active: Type.Optional(Type.String()),
  state: Type.String(),
  ui: Type.Object({
    action: Type.String(),
    method: Type.String(),
    nodes: Type.Array(Node),
    messages: Type.Optional(Type.Array(Text)),
  }),
  created_at: Type.Optional(Timestamp),
  updated_at: Type.Optional(Timestamp),
  refresh: Type.Optional(Type.Boolean()),
  requested_aal: Type.Optional(Type.String()),
  session_token_exchange_code: Type.Optional(Type.String()),
  identity: Type.Optional(Identity),
  continue_with: Type.Optional(ContinueWith),
});

/** Somebody is signed in. */
export const SignedIn = Type.Object({
  session_token: Type.Optional(Type.String()),
  session: Session,
  continue_with: Type.Optional(ContinueWith),
});

/** Somebody signed up. */
export const Registered = Type.Object({
  identity: Identity,
  session_token: Type.Optional(Type.String()),
  session: Type.Optional(Session),
  continue_with: Type.Optional(ContinueWith),
});

/** The first that fits: who registered may be signed in too, not the other way round. */
export const Submitted = Type.Union([Flow, Registered, SignedIn]);

const Param = Type.Optional(Type.String());

/** Parameters that begin a flow; what a kind does not know is passed over. */
export const InitQuery = Type.Object({
  return_to: Param,
  refresh: Param,
  aal: Param,
  via: Param,
  return_session_token_exchange_code: Param,
  after_verification_return_to: Param,
});
export const ReadQuery = Type.Object({ id: Type.String() });
/** `token`: of a link that was sent. */
export const SubmitQuery = Type.Object({ flow: Type.String(), token: Param });
/** As links have it that were sent. */
export const FollowQuery = Type.Object({ flow: Type.String(), token: Type.String() });
/** A form, or JSON: the fields of the flow's nodes. */
export const SubmitBody = Any;

export const LogoutLinks = Type.Object({ logout_url: Type.String(), logout_token: Type.String() });
export const LogoutQuery = Type.Object({ token: Param, return_to: Param });
export const LogoutBody = Type.Object({ session_token: Type.String() });
export const Nothing = Type.Object({});

export const CallbackParams = Type.Object({ provider: Type.String() });
export const CallbackQuery = Type.Object({ state: Param, code: Param, iss: Param, error: Param });
export const ExchangeQuery = Type.Object({ init_code: Type.String(), return_to_code: Type.String() });

export const ErrorQuery = Type.Object({ id: Type.String() });
/** An error that a browser was redirected with. */
export const StoredError = Type.Object({ id: Type.String(), error: ErrorReply.properties.error });
