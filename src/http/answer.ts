import { InternalFault } from '../core/errors.ts';
import { BytesReply, HandlerReply, kindOf, type OtherAnswer, PageReply, RedirectReply } from './replies.ts';
import { HTML_TYPE, JSON_TYPE, type ReplyText } from './reply.ts';
import type { Negotiated } from './requests.ts';
import type { Route } from './route.ts';
import { compileSerialiser } from './serialise.ts';

/**
 * Turns what a route's handler returned into what is sent.
 *
 * @param name For messages: `pools.getIdentity`.
 * @returns Throws InternalFault when the handler returned what the route does not say that it answers with.
 */
export function createAnswerer(
  route: Route,
  name: string,
): (answer: unknown, negotiated: Negotiated | undefined) => ReplyText | BytesReply {
  const serialise = compileSerialiser(route.reply, name);
  const usualStatus = route.status ?? 200;
  const allowed = answerKinds(route);

  const toJson = (answer: unknown, negotiated: Negotiated | undefined): ReplyText => {
    const own = answer instanceof HandlerReply ? answer : undefined;
    const status = own?.status ?? usualStatus;
    const value: unknown = own === undefined ? answer : own.value;
    const body = status === 204 ? '' : serialise(value, negotiated?.shape);
    return { status, contentType: JSON_TYPE, body, headers: own?.headers, cookies: own?.cookies };
  };

  return (answer, negotiated) => {
    const kind = kindOf(answer);
    if (!allowed.has(kind))
      throw new InternalFault(`${name} answered with ${kind}, which its route does not name`);
    if (answer instanceof BytesReply) return answer;
    return writtenReply(answer, usualStatus) ?? toJson(answer, negotiated);
  };
}

/** What a route says that it answers with. */
export function answerKinds({ answers = [] }: Route): ReadonlySet<'json' | OtherAnswer> {
  return new Set(typeof answers === 'string' ? [answers] : ['json', ...answers]);
}

/** A redirect or a page as it is sent; null for anything else. */
export function writtenReply(answer: unknown, usualStatus: number): ReplyText | null {
  if (answer instanceof RedirectReply) {
    const { status = 303, cookies, location } = answer;
    return { status, contentType: HTML_TYPE, body: '', headers: { ...answer.headers, location }, cookies };
  }
  if (!(answer instanceof PageReply)) return null;
  const { status = usualStatus, html: body, headers, cookies } = answer;
  return { status, contentType: HTML_TYPE, body, headers, cookies };
}
