import Type from 'typebox';
import { mount } from '../../http/mount.ts';
import { defineRoute, openGuard, type Route } from '../../http/route.ts';
import type { opsHandlers } from './ops.ts';

const Version = Type.Object({ version: Type.String() });
const Health = Type.Object({ status: Type.String() });
const Ready = Type.Object({
  status: Type.Optional(Type.String()),
  /** Of what is not ready, by its name. */
  errors: Type.Optional(Type.Record(Type.String(), Type.String())),
});

const open = (because: string) => ({ guard: openGuard(because), reads: 'none' }) as const;
const health = open('Whoever watches a server asks often and has no key.');

/** What clients ask a server about itself (contract iam 1.1). At the root, health is the server's own page. */
export function opsRoutes(o: ReturnType<typeof opsHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return [
    ...mount([
      defineRoute({ method: 'GET', path: '/version', operation: 'getVersion', summary: 'Tell the version', ...open('Clients ask it to know what to expect.'), reply: Version, handler: o.getVersion }),
      defineRoute({ method: 'GET', path: '/.well-known/change-password', operation: 'changePassword', summary: 'Go on to where a password is changed', ...open('Password managers send people here.'), pool: 'named', answers: 'redirect', reply: Type.Null(), handler: o.changePassword }),
    ], ['', '/iam']),
    defineRoute({ method: 'GET', path: '/iam/health/alive', operation: 'isAlive', summary: 'Tell whether the server runs', ...health, reply: Health, handler: o.isAlive }),
    defineRoute({ method: 'GET', path: '/iam/health/ready', operation: 'isReady', summary: 'Tell whether the server can serve', ...health, reply: Ready, otherStatuses: [503], handler: o.isReady }),
  ];
}
