import type { PoolId } from '../../core/ports.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { readPoolId } from '../key-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import type { RotationAdministration, RotationProgress, RotationSummary } from '../wiring-types.ts';

type Summary = RotationSummary & { readonly rootKeyId?: string; readonly removed?: readonly string[] };
type Kind = 'root' | 'pool' | 'data';

export const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'Rotate the root key, pool keys or data keys, while servers run',
  options: {
    root: { prose: 'A new root key, and every pool key under it.' },
    pool: {
      value: '[ID]',
      prose: 'A new pool key, and every data key under it. One pool, as UUID or 32 characters, or all.',
    },
    data: { prose: 'A new data key for each identity, of one pool (--pool ID) or of all.' },
    stage: { prose: 'With --root: only put the next key into the file, for copies of it on other machines.' },
    prune: { prose: 'With --root: make no new key, remove those from the file that nothing needs any more.' },
    json: { prose: 'One JSON object in place of a line.' },
    ...CONFIG_OPTION,
  },
  help: [
    'May be interrupted, killed too: asked for again, it finishes what was begun, and begins nothing new.',
    '',
    '--root puts the new key first in the root key file. Servers that read that file take it up by themselves; where',
    'others have copies, run --root --stage and copy the file to all of them first, and once more after --root. Old keys',
    'stay in the file until --root --prune. A root key in the environment: put the new one in SELFSAME_ROOT_KEY_PREVIOUS',
    'of every server, then change the two places, then run this. A transit engine: rotate the key there, then run this.',
    'docs/security.md tells what each rotation reaches.',
  ],
  async run(args, surroundings) {
    const kind = readKind(args);
    const named = args.option('pool') ?? '';
    const poolId = named === '' ? null : readPoolId(named);
    const prune = args.isSet('prune');
    return withInstallation(args, surroundings, async ({ rotations }) => {
      if (args.isSet('stage')) {
        const stagedKeyId = await rotations.stageRoot();
        if (!args.isSet('json'))
          surroundings.err('Copy the root key file to every machine, then run --root.');
        surroundings.out(args.isSet('json') ? JSON.stringify({ stagedKeyId }) : stagedKeyId);
        return EXIT.ok;
      }
      const summary = await rotate(rotations, { kind, poolId, prune }, surroundings);
      report(surroundings, { kind, prune, json: args.isSet('json') }, summary);
      return summary.pools.some(({ failed }) => failed > 0) ? EXIT.failure : EXIT.ok;
    });
  },
};

async function rotate(
  rotations: RotationAdministration,
  { kind, poolId, prune }: { kind: Kind; poolId: PoolId | null; prune: boolean },
  surroundings: Surroundings,
): Promise<Summary> {
  const onProgress = progressTo(surroundings);
  try {
    if (kind === 'root') return await rotations.rotateRoot({ prune, onProgress });
    return await rotations.rotate({ kind, poolId, onProgress });
  } finally {
    surroundings.status?.(null);
  }
}

function readKind(args: Arguments): Kind {
  const [root, pool, data] = ['root', 'pool', 'data'].map((name) => args.isSet(name));
  if (root && (pool || data)) throw new UsageError('--root goes without --pool and --data.');
  const [stage, prune] = ['stage', 'prune'].map((name) => args.isSet(name));
  if ((stage || prune) && !root) throw new UsageError('--stage and --prune go with --root.');
  if (stage && prune) throw new UsageError('--stage and --prune go one after the other.');
  if (root) return 'root';
  if (data) return 'data';
  if (pool) return 'pool';
  throw new UsageError('keys rotate needs --root, --pool or --data.');
}

/** On a terminal each step; elsewhere a line a pool and tenth of it. */
function progressTo({ err, status }: Surroundings): (progress: RotationProgress) => void {
  let told = '';
  return ({ poolId, done, total }) => {
    // Totals count erased identities too, and what was made meanwhile is done as well.
    const percent = total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total));
    const line = `Pool ${poolId}: ${done} of about ${total} (${percent} %)`;
    if (status !== undefined) {
      status(line);
      return;
    }
    const tenth = `${poolId} ${Math.floor(percent / 10)}`;
    if (tenth !== told) err(line);
    told = tenth;
  };
}

const WHAT: Record<Kind, string> = { root: 'pool keys', pool: 'data keys', data: 'identities' };
const DONE: Record<Kind, string> = { root: 'wrapped anew', pool: 'wrapped anew', data: 'given new keys' };

function report(
  { out, err }: Surroundings,
  { kind, prune, json }: { kind: Kind; prune: boolean; json: boolean },
  { resumed, pools, rootKeyId, removed }: Summary,
): void {
  const failed = pools.reduce((sum, pool) => sum + pool.failed, 0);
  if (failed > 0) err(`${failed} records do not open and stayed as they were.`);
  if (json) {
    const shown = pools.map((pool) => ({
      poolId: pool.poolId,
      done: pool.done,
      failed: pool.failed,
      resumed: pool.resumed,
    }));
    out(
      JSON.stringify({
        kind,
        resumed,
        pools: shown,
        ...(rootKeyId === undefined ? {} : { rootKeyId, removed }),
      }),
    );
    return;
  }
  if (resumed) err('Finished what was begun before; ask again for a rotation of its own.');
  const done = pools.reduce((sum, pool) => sum + pool.done, 0);
  out(`${done} ${WHAT[kind]} of ${pools.length} ${pools.length === 1 ? 'pool' : 'pools'} ${DONE[kind]}.`);
  if (rootKeyId !== undefined) out(`The root key is ${rootKeyId}.`);
  if (prune) out(removed?.length ? `Removed from the file: ${removed.join(', ')}.` : 'Nothing to remove.');
}
