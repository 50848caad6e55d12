import { parentPort, workerData } from 'node:worker_threads';
import { decodePicture, MemoryExceeded } from './decode-picture.ts';
import type { Grey } from './grey.ts';
import type { ReadRequest, WorkerLimits, WorkerReply } from './messages.ts';
import { readPicture } from './read-picture.ts';
import { type Recogniser, startRecogniser } from './tesseract.ts';

/** The runtime's types have none of this. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(this: WasmMemory, pages: number): number;
}

const { megabytesMax } = workerData as WorkerLimits;

/**
 * A thread's own limits count its JavaScript heap only, and the recogniser's memory lies outside of it. Its one way to
 * more is this call; a refusal is to the library what a full machine is.
 */
const { prototype } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } })
  .WebAssembly.Memory;
const { grow } = prototype;
prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65_536 > megabytesMax * 2 ** 20) throw new RangeError('memory limit');
  return grow.call(this, pages);
};

function decode({ kind, bytes }: ReadRequest): Grey | 'undecodable' | 'memory' {
  try {
    return decodePicture(kind, bytes, megabytesMax);
  } catch (error) {
    // Vendors' errors of every kind; what they say may hold bytes of the file.
    return error instanceof MemoryExceeded ? 'memory' : 'undecodable';
  }
}

let recogniser: Promise<Recogniser> | null = null;

async function answer(request: ReadRequest): Promise<WorkerReply> {
  const grey = decode(request);
  if (typeof grey === 'string') return { kind: 'unreadable', reason: grey };
  // Not before the first picture that decodes: it takes a quarter of a second and 100 MB.
  recogniser ??= startRecogniser();
  const recognise = await recogniser.catch(() => null);
  if (recognise === null) return { kind: 'unavailable' };
  const reading = readPicture(recognise, grey);
  return reading === null ? { kind: 'none' } : { kind: 'zone', ...reading };
}

// What `answer` throws ends the thread, and with it a recogniser that may be in any state.
parentPort?.on('message', (request: ReadRequest) => {
  void answer(request).then((outcome) => parentPort?.postMessage(outcome));
});
