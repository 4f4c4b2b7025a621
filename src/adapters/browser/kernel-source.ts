/** Where a series that outgrows its staging gets its kernel: a chunk of its own, fetched once, when first asked for. */
import { CollectorError } from './collector-error.js';

type Chunk = typeof import('./kernel-chunk.js');

export class KernelSource {
  /** The chunk, once it is here. */
  chunk: Chunk | undefined;
  #isAsked = false;
  /** Whether the host refuses the kernel, or its chunk could not be had. Nothing asks again in this page. */
  #isRefused = false;

  constructor(readonly tell: (error: Error) => void) {}

  /** Begins to fetch the chunk. */
  want(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    import('./kernel-chunk.js').then(
      (chunk) => {
        this.chunk = chunk;
      },
      (cause) => {
        this.#isRefused = true;
        this.tell(new CollectorError('ERR_KERNEL_UNREACHABLE', 'the kernel could not be fetched', { cause }));
      },
    );
  }

  /** What `use` makes of the chunk; nothing while it is not here, or where the host refuses it. */
  try<T>(use: (chunk: Chunk) => T): T | undefined {
    if (!this.chunk || this.#isRefused) return undefined;
    try {
      return use(this.chunk);
    } catch (error) {
      this.#isRefused = true;
      this.tell(error as Error);
      return undefined;
    }
  }
}
