import { mount } from '../../http/mount.ts';
import { defineRoute, openGuard, type Route } from '../../http/route.ts';
import type { createCaller } from './calls.ts';
import type { checkHandlers } from './checks.ts';
import type { ErrorCode } from './errors.ts';
import type { loginHandlers } from './logins.ts';
import type { userHandlers } from './users.ts';
import * as wire from './wire.ts';

/** What of a request decides whether it may: the provider's token, in whatever way the provider has it. */
const named = openGuard(
  'The request names its project; who it acts for is shown by a password, a token or an external id.',
);
const BODY_BYTES_MAX = 100 * 1024;
const asking = { guard: named, reads: 'none', query: wire.Query } as const;
// As a stream: whose page sends it is looked at before what it sends is (contract identify 3.3).
const sending = { guard: named, reads: 'stream', bodyBytesMax: BODY_BYTES_MAX } as const;

const every: readonly ErrorCode[] = [
  ...([
    'validation_error',
    'unsupported_provider',
    'provider_not_enabled',
    'operation_not_supported',
  ] as const),
  ...(['origin_not_allowed', 'project_not_found', 'internal_error', 'unavailable'] as const),
];
const outside: readonly ErrorCode[] = ['provider_error', 'provider_timeout', 'limit_exceeded'];
const reading: readonly ErrorCode[] = [
  'missing_token',
  'invalid_token',
  'token_expired',
  'user_not_found',
  ...outside,
];
const body: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type', 'conflict'];
const writing: readonly ErrorCode[] = [...body, ...reading];

/** Serves a call in the contract's order of checks; see `createCaller`. */
export type Serve = ReturnType<typeof createCaller>;

type Handlers = ReturnType<typeof userHandlers> &
  ReturnType<typeof loginHandlers> &
  ReturnType<typeof checkHandlers>;

/**
 * Routes of contract identify 3, and one to link accounts by (decision 0023). A base address that ends with a slash makes
 * doubled ones, which lead to the same place.
 */
export function identifyRoutes(serve: Serve, h: Handlers): Route[] {
  // biome-ignore format: a table, a route a row.
  const routes: Route[] = [
    defineRoute({ method: 'POST', path: '/user', operation: 'register', summary: 'Register a user', ...sending, body: wire.RegisterBody, reply: wire.UserReply, status: 201, otherStatuses: [200], errors: [...every, ...body, ...outside, 'invalid_password', 'user_exists'], handler: serve('register', h.register) }),
    defineRoute({ method: 'GET', path: '/user', operation: 'getProfile', summary: 'Fetch a user’s profile', ...asking, reply: wire.UserReply, errors: [...every, ...reading], handler: serve('profile', h.profile) }),
    defineRoute({ method: 'PUT', path: '/user', operation: 'updateProfile', summary: 'Change a user’s profile', ...sending, body: wire.UpdateBody, reply: wire.UserReply, errors: [...every, ...writing, 'user_exists'], handler: serve('update', h.update) }),
    defineRoute({ method: 'PUT', path: '/user/login', operation: 'login', summary: 'Log in', ...sending, body: wire.LoginBody, reply: wire.SessionReply, errors: [...every, ...body, ...outside, 'invalid_credentials', 'user_not_confirmed'], handler: serve('login', h.login) }),
    defineRoute({ method: 'PUT', path: '/user/change-password', operation: 'changePassword', summary: 'Change a password', ...sending, body: wire.ChangePasswordBody, reply: wire.SessionReply, errors: [...every, ...writing, 'invalid_credentials', 'invalid_password'], handler: serve('changePassword', h.changePassword) }),
    defineRoute({ method: 'PUT', path: '/user/forgot-password', operation: 'forgotPassword', summary: 'Ask for a code for a new password', ...sending, body: wire.ForgotBody, reply: wire.EmptyReply, errors: [...every, ...body, ...outside], handler: serve('forgotPassword', h.forgotPassword) }),
    defineRoute({ method: 'POST', path: '/user/confirm-forgot-password', operation: 'confirmForgotPassword', summary: 'Set a new password with a code', ...sending, body: wire.ConfirmBody, reply: wire.EmptyReply, errors: [...every, ...body, ...outside, 'invalid_password', 'code_mismatch', 'code_expired'], handler: serve('confirmForgotPassword', h.confirmForgotPassword) }),
    defineRoute({ method: 'POST', path: '/user/refresh', operation: 'refresh', summary: 'Get new tokens', ...sending, body: wire.RefreshBody, reply: wire.SessionReply, errors: [...every, ...writing], handler: serve('refresh', h.refresh) }),
    defineRoute({ method: 'POST', path: '/user/logout', operation: 'logout', summary: 'Log out everywhere', ...sending, body: wire.LogoutBody, reply: wire.EmptyReply, errors: [...every, ...writing], handler: serve('logout', h.logout) }),
    defineRoute({ method: 'GET', path: '/user/check', operation: 'check', summary: 'Check a token, and sign for its user', ...asking, query: wire.CheckQuery, reply: wire.UserReply, errors: [...every, ...reading], handler: serve('check', h.check) }),
    defineRoute({ method: 'GET', path: '/user/check/nonstandard', operation: 'checkNonstandard', summary: 'Check a provider’s own token', ...asking, query: wire.NonstandardQuery, reply: wire.UserReply, errors: [...every, ...reading, 'user_mismatch'], handler: serve('checkNonstandard', h.checkNonstandard) }),
    defineRoute({ method: 'POST', path: '/user/link', operation: 'link', summary: 'Link an account at another provider', ...sending, body: wire.LinkBody, reply: wire.UserReply, errors: [...every, ...writing, 'user_exists', 'user_mismatch'], handler: serve('link', h.link) }),
  ];
  return mount(routes, ['/v1', '', '//v1', '/', '/v1/', '//v1/']);
}
