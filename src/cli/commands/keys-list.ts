import { type Command, EXIT } from '../command.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';
import type { KeyAdministration } from '../wiring-types.ts';

type Listed = Awaited<ReturnType<KeyAdministration['list']>>[number];

export const keysList: Command = {
  name: 'keys list',
  summary: 'List API keys; secrets are stored nowhere and so not shown',
  options: { json: { prose: 'One JSON array in place of a table.' }, ...CONFIG_OPTION },
  help: [],
  run: (args, surroundings) =>
    withInstallation(args, surroundings, async ({ keys }) => {
      const now = surroundings.now();
      const list = (await keys.list()).map((key) => view(key, now));
      if (args.isSet('json')) surroundings.out(JSON.stringify(list, null, 2));
      else {
        const head = [
          'ID',
          'POOL',
          'ENV',
          'KIND',
          'STATE',
          'LABEL',
          'GRANTS',
          'PER MIN',
          'IDENTITIES',
          'OF IDENTITY',
          'CREATED',
          'EXPIRES',
          'LAST USED',
        ];
        const rows = list.map((key) => [
          ...[key.id, key.poolId, key.environment, key.kind, key.state, key.label, key.grants.join(' ')],
          ...[
            String(key.requestsPerMinute),
            key.isSingleIdentity ? 'one' : 'any',
            key.identityId ?? '-',
            day(key.createdAt),
            day(key.expiresAt),
            day(key.lastUsedAt),
          ],
        ]);
        for (const line of table([head, ...rows])) surroundings.out(line);
      }
      return EXIT.ok;
    }),
};

/** Every field by name: what a store adds later must not be printed by accident. */
function view(key: Listed, now: Date) {
  const { id, poolId, environment, kind, label, note, grants, requestsPerMinute, allowedAddresses } = key;
  const { apiVersion, keyInflection, isSingleIdentity, identityId } = key;
  const { createdAt, expiresAt, suspendedAt, revokedAt, lastUsedAt } = key;
  return {
    ...{
      id,
      poolId,
      environment,
      kind,
      state: stateOf(key, now),
      label,
      note,
      grants,
      requestsPerMinute,
      allowedAddresses,
      apiVersion,
      keyInflection,
      isSingleIdentity,
      identityId,
    },
    ...{ createdAt, expiresAt, suspendedAt, revokedAt, lastUsedAt },
  };
}

function stateOf({ revokedAt, expiresAt, suspendedAt }: Listed, now: Date): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return suspendedAt === null ? 'active' : 'suspended';
}

function day(at: Date | null): string {
  return at === null ? '-' : at.toISOString().slice(0, 10);
}
