import process from 'node:process';
import { hash } from '@node-rs/argon2';

/** How many hashes at once, for how long. */
export interface HashJob {
  readonly atOnce: number;
  readonly seconds: number;
}

/** The default cost of passwords. */
export const PASSWORD_COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes a second of the bare library, with the default cost of passwords. */
async function rate({ atOnce, seconds }: HashJob): Promise<number> {
  const began = performance.now();
  const until = began + seconds * 1000;
  let done = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      await hash('Correct-horse-battery-9', PASSWORD_COST);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return done / ((performance.now() - began) / 1000);
}

if (import.meta.main) {
  process.on('message', (job: HashJob) => {
    rate(job).then(
      (outcome) => process.send?.({ outcome }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
}
