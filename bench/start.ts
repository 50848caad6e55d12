import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { median, type Run } from './kit/figure.ts';
import { startProduct } from './kit/processes.ts';
import { makeDirectory } from './kit/site.ts';

const MS = 1000;

/** From the start of the process to the first 200 of `/health/ready`, with the embedded database. */
export const run: Run = async ({ quick, note }) => {
  const first: number[] = [];
  const second: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round += 1) {
    note(`round ${round + 1}`);
    const directory = makeDirectory();
    for (const times of [first, second]) {
      const product = await startProduct({ dataDir: join(directory, 'data') });
      times.push(product.readyMs / MS);
      await product.stop();
    }
    rmSync(directory, { recursive: true, force: true });
  }
  return [
    {
      name: 'first start, empty directory, to ready',
      value: median(first),
      unit: 's',
      target: { atMost: 6 },
    },
    { name: 'second start to ready', value: median(second), unit: 's', target: { atMost: 1.5 } },
  ];
};
