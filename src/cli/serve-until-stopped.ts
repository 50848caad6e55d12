import { EXIT, type ExitCode, type Surroundings } from './command.ts';

/** Serves until SIGTERM or SIGINT, then drains. SIGHUP reads data files again. */
export async function serveUntilStopped(
  surroundings: Surroundings,
  running: { reload?(): Promise<void>; close(): Promise<void> },
): Promise<ExitCode> {
  await surroundings.stopRequested(() => {
    running.reload?.().then(
      () => surroundings.err('Data files were read again.'),
      (error: unknown) =>
        surroundings.err(
          `What cannot be used stays as it was. ${error instanceof Error ? error.message : String(error)}`,
        ),
    );
  });
  surroundings.err('Stopping: open requests may finish. A second signal ends the process at once.');
  await running.close();
  return EXIT.ok;
}
