import { processEnvironment } from '../config/environment.ts';
import type { Surroundings } from './command.ts';

/** The real process. */
export function processSurroundings(): Surroundings {
  const environment = processEnvironment();
  const { stderr } = process;
  const noColour = (environment.NO_COLOR ?? '') !== '';
  return {
    environment,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    ...(stderr.isTTY === true && environment.TERM !== 'dumb'
      ? { status: (text) => stderr.write(`\r\x1b[K${(text ?? '').slice(0, (stderr.columns || 80) - 1)}`) }
      : {}),
    colours: process.stdout.isTTY === true && !noColour && environment.TERM !== 'dumb',
    loadWiring: () => import('../wiring.ts'),
    now: () => new Date(),
    stopRequested,
  };
}

/** 128 and the signal's number: what a shell reports for a process that a signal ended. */
const ENDED_BY = { SIGINT: 130, SIGTERM: 143 } as const;

function stopRequested(onReload: () => void): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    process.on('SIGHUP', onReload);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(ENDED_BY[signal]);
        stopping = true;
        resolve();
      });
    }
  });
}
