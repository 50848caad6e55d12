import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PoolId } from '../../core/ports.ts';
import { toPlaced, type Uuid } from '../../kit/ids.ts';
import type { Surroundings } from '../command.ts';
import { run } from '../main.ts';
import type { Installation, RotationProgress } from '../wiring-types.ts';

const POOL = '01890c2e-5f3a-7cc1-9d2b-0123456789ab' as PoolId;
const dataDir = mkdtempSync(join(tmpdir(), 'selfsame-rotate-'));

/** Runs `keys rotate`; the installation notes what it was asked and tells of some progress. */
async function rotate(line: string, over: Partial<Surroundings> = {}) {
  const [out, err, asked]: [string[], string[], unknown[]] = [[], [], []];
  const tell = (onProgress?: (progress: RotationProgress) => void) => {
    for (const done of [0, 1, 20, 21, 200]) onProgress?.({ poolId: POOL, done, total: 200 });
    return {
      resumed: line.includes('--data'),
      pools: [
        { poolId: POOL, done: 200, total: 200, failed: line.includes('--data') ? 2 : 0, resumed: false },
      ],
    };
  };
  const rotations: Installation['rotations'] = {
    async rotate({ onProgress, ...input }) {
      asked.push(input);
      return tell(onProgress);
    },
    async rotateRoot({ onProgress, ...input }) {
      asked.push(input);
      return { ...tell(onProgress), rootKeyId: 'file:b', removed: input.prune ? ['file:a'] : [] };
    },
    async stageRoot() {
      asked.push('stage');
      return 'file:c';
    },
  };
  const opened = { rotations, close: async () => {} } as unknown as Installation;
  const code = await run(['keys', 'rotate', ...line.split(' ').filter(Boolean)], {
    environment: { SELFSAME_DATA_DIR: dataDir },
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    colours: false,
    loadWiring: async () => ({
      openInstallation: async () => opened,
      startQuickstart: () => Promise.reject(new Error('not here')),
    }),
    now: () => new Date(),
    stopRequested: () => Promise.resolve(),
    ...over,
  });
  return { code, out, err, asked };
}

test('keys rotate: --pool takes an id in both spellings, or none for every pool', async () => {
  const placed = toPlaced(POOL as Uuid, 'pool', 7);
  for (const [line, poolId] of [
    ['--pool', null],
    ['--pool --json', null],
    [`--pool ${POOL}`, POOL],
    [`--pool=${POOL}`, POOL],
    [`--pool ${placed}`, POOL],
  ] as const) {
    const { code, asked } = await rotate(line);
    assert.equal(code, 0, line);
    assert.deepEqual(asked, [{ kind: 'pool', poolId }], line);
  }
  assert.deepEqual((await rotate(`--data --pool ${POOL}`)).asked, [{ kind: 'data', poolId: POOL }]);
  assert.deepEqual((await rotate('--data')).asked, [{ kind: 'data', poolId: null }]);
});

test('keys rotate: nonsense is refused before anything is opened', async () => {
  for (const line of [
    '',
    '--prune',
    '--root --data',
    '--root --pool',
    '--pool nonsense',
    '--pool x --prune',
  ]) {
    const { code, asked } = await rotate(line);
    assert.deepEqual([code, asked], [2, []], line);
  }
});

test('keys rotate: progress is a line a tenth, or one that is rewritten on a terminal', async () => {
  const { err, out } = await rotate('--pool');
  assert.deepEqual(
    err.map((line) => / (\d+) of/.exec(line)?.[1]),
    ['0', '20', '200'],
  );
  assert.deepEqual(out, ['200 data keys of 1 pool wrapped anew.']);
  const shown: (string | null)[] = [];
  const onTerminal = await rotate('--pool', { status: (text) => shown.push(text) });
  assert.deepEqual([shown.length, shown.at(-1), onTerminal.err], [6, null, []]);
});

test('keys rotate: what did not open fails the command, and an interrupted rotation is named', async () => {
  const { code, err } = await rotate('--data');
  assert.equal(code, 1);
  assert.match(err.join('\n'), /2 records do not open/);
  assert.match(err.join('\n'), /Finished what was begun before/);
});

test('keys rotate --root: says which keys there are', async () => {
  const { out, asked } = await rotate('--root --prune');
  assert.deepEqual(asked, [{ prune: true }]);
  assert.match(out.join('\n'), /The root key is file:b\.\nRemoved from the file: file:a\./);
  const staging = await rotate('--root --stage');
  assert.deepEqual([staging.asked, staging.out], [['stage'], ['file:c']]);
  const { out: json } = await rotate('--root --json');
  assert.deepEqual(JSON.parse(json.join('')), {
    kind: 'root',
    resumed: false,
    pools: [{ poolId: POOL, done: 200, failed: 0, resumed: false }],
    rootKeyId: 'file:b',
    removed: [],
  });
});
