import { createRequire } from 'node:module';

interface S3Server {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
type S3ServerClass = new (options: Record<string, unknown>) => S3Server;

/** The only credentials that the server knows. */
export const S3_CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
export const S3_BUCKET = 'selfsame-test';

/** An S3 server on a free port of this machine, with one bucket; checks signatures. */
export async function startS3Server(
  directory: string,
): Promise<{ endpoint: string; close(): Promise<void> }> {
  // The package has no types.
  const S3rver: S3ServerClass = createRequire(import.meta.url)('@20minutes/s3rver');
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    allowMismatchedSignatures: false,
    vhostBuckets: false,
    configureBuckets: [{ name: S3_BUCKET }],
  });
  const { port } = await server.run();
  return { endpoint: `http://127.0.0.1:${port}`, close: () => server.close() };
}
