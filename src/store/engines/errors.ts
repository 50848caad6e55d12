/** The embedded database cannot be started, or not here. The message is for whoever runs the server. */
export class EngineError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
  }
}
