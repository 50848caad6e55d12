import { availableParallelism } from 'node:os';
import { hash } from '@node-rs/argon2';
import { DEFAULT_ALGORITHM } from '../src/core/passwords/ports.ts';
import { createPasswordHasher } from '../src/providers/passwords/password-hasher.ts';
import { type BenchOptions, type Figure, median } from './kit/figure.ts';

const PASSWORD = 'correct horse battery staple';
/** In order, so that some always wait in the queue. */
const AT_ONCE = availableParallelism() * 4;

/** Hashes a second, with so many asked for at once. */
async function rateOf(count: number, atOnce: number, work: () => Promise<unknown>): Promise<number> {
  let left = count;
  const begin = performance.now();
  const ask = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  return count / ((performance.now() - begin) / 1000);
}

/** The default algorithm through the queue, against the bare library on as many cores, in turn. */
export async function run({ quick, note }: BenchOptions): Promise<Figure[]> {
  const [rounds, count] = quick ? [2, 20] : [9, 120];
  const cores = availableParallelism();
  const hasher = createPasswordHasher();
  const queued = () => hasher.hash(PASSWORD, DEFAULT_ALGORITHM);
  const bare = () => hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  const rates = { queued: [] as number[], bare: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? (['queued', 'bare'] as const) : (['bare', 'queued'] as const);
    for (const which of order) {
      const rate = which === 'queued' ? rateOf(count, AT_ONCE, queued) : rateOf(count, cores, bare);
      const measured = await rate;
      // The first round warms up.
      if (round > 0) rates[which].push(measured);
    }
  }
  await hasher.close();
  note(`${rounds} rounds of ${count} hashes each way, ${cores} cores`);
  const ratio = median(rates.queued.map((rate, index) => rate / (rates.bare[index] ?? Number.NaN)));
  const name = 'argon2id hashes through the queue ÷ bare library';
  const [value, baseline] = [median(rates.queued), median(rates.bare)];
  return [{ name, value, unit: '/s', baseline, ratio, target: { atLeast: 0.85 } }];
}

if (import.meta.main) {
  const figures = await run({ quick: process.argv.includes('--quick'), note: console.error });
  for (const { name, value, baseline, ratio } of figures)
    console.log(`${value.toFixed(1)} /s against ${baseline?.toFixed(1)}: ${ratio?.toFixed(2)}  ${name}`);
}
