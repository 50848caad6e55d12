import { type Cookie, serialiseCookie } from './cookies.ts';
import type { Html } from './html.ts';
import { type PagePolicy, pageHeaders } from './page-policy.ts';

export interface ReplyOptions {
  /** Default: the route's. With 204 nothing is sent, whatever the value is. */
  readonly status?: number;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** To be set, each in a header of its own, in this order. @throws TypeError As `serialiseCookie`. */
  readonly cookies?: readonly Cookie[];
}

type Headers = Readonly<Record<string, string>>;

/** What every kind of reply has beside what it carries. */
abstract class Reply {
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  /** Written out, `Set-Cookie` values. */
  readonly cookies: readonly string[] | undefined;
  constructor({ status, headers, cookies }: ReplyOptions) {
    this.status = status;
    this.headers = headers;
    this.cookies = cookies?.map(serialiseCookie);
  }
}

/** A reply with a status, headers or cookies of its own; made by `replyWith`. */
export class HandlerReply<Value> extends Reply {
  readonly value: Value;
  constructor(value: Value, options: ReplyOptions) {
    super(options);
    this.value = value;
  }
}

/** For a handler whose answer is more than its body: another status than the route's, headers, or cookies. */
export function replyWith<Value>(value: Value, options: ReplyOptions = {}): HandlerReply<Value> {
  return new HandlerReply(value, options);
}

/** A reply of bytes instead of JSON; made by `replyWithBytes`. Its own headers count, but for the kit's `nosniff`. */
export class BytesReply extends Reply {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number;
  constructor(bytes: AsyncIterable<Uint8Array>, options: ReplyOptions & { readonly sizeBytes: number }) {
    super(options);
    this.bytes = bytes;
    this.sizeBytes = options.sizeBytes;
  }
}

/**
 * For a route that `answers: 'bytes'`. An error before the first piece is answered like any other; a later one breaks
 * the reply off.
 *
 * @param options.sizeBytes Exactly as many as there are.
 */
export function replyWithBytes(
  bytes: AsyncIterable<Uint8Array>,
  options: ReplyOptions & { readonly sizeBytes: number },
): BytesReply {
  return new BytesReply(bytes, options);
}

/** 302 Found, 303 See Other (always fetched with GET), 307 Temporary Redirect (method and body again). */
export type RedirectStatus = 302 | 303 | 307;

/** A reply that sends the client elsewhere; made by `redirectTo`. */
export class RedirectReply extends Reply {
  readonly location: string;
  constructor(location: string, options: ReplyOptions & { readonly status: RedirectStatus }) {
    super(options);
    this.location = location;
  }
}

// What a URL consists of when it is written out: nothing here ends a header, or reads as another host to a browser.
const LOCATION = /^[\x21-\x5b\x5d-\x7e]{1,8192}$/;

/**
 * For a route whose `answers` name `redirect`. Where the client may be sent is the caller's rule: whatever a stranger
 * asked for must have been held against a list before.
 *
 * @param url An absolute URL or a path, percent-encoded, at most 8192 characters.
 * @param options.status Default 303.
 * @throws TypeError Controls, blanks, backslashes or anything beyond ASCII in `url`. Does not repeat it.
 */
export function redirectTo(
  url: string,
  options: Omit<ReplyOptions, 'status'> & { readonly status?: RedirectStatus } = {},
): RedirectReply {
  if (!LOCATION.test(url)) throw new TypeError('No address that a header can hold.');
  return new RedirectReply(url, { ...options, status: options.status ?? 303 });
}

/** A reply of HTML; made by `replyWithPage`. */
export class PageReply extends Reply {
  readonly html: string;
  constructor(html: string, options: ReplyOptions) {
    super(options);
    this.html = html;
  }
}

/**
 * For a route whose `answers` name `page`. Never cached, never framed, nothing fetched or run but what `policy` lets
 * through; headers of the reply's own do not weaken that.
 *
 * @throws TypeError A policy that is no policy.
 */
export function replyWithPage(
  page: Html,
  options: ReplyOptions & { readonly policy?: PagePolicy } = {},
): PageReply {
  const { policy, headers, ...rest } = options;
  return new PageReply(page.text, { ...rest, headers: { ...headers, ...pageHeaders(policy) } });
}

/** What a route may answer with besides JSON, or instead of it. */
export type OtherAnswer = 'bytes' | 'redirect' | 'page';

/** Of what a handler returned; plain values and `replyWith` are JSON. */
export function kindOf(answer: unknown): OtherAnswer | 'json' {
  if (!(answer instanceof Reply)) return 'json';
  if (answer instanceof BytesReply) return 'bytes';
  if (answer instanceof RedirectReply) return 'redirect';
  return answer instanceof PageReply ? 'page' : 'json';
}
