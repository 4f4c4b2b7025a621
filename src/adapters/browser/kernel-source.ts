/** Where a series that outgrows its staging gets its kernel: a chunk of its own, fetched once, when first asked for. */
import { CollectorError } from './collector-error.js';

type Chunk = typeof import('./kernel-chunk.js');

export class KernelSource {
  /** The chunk, while it is here and the host does not refuse it. */
  chunk: Chunk | undefined;
  /** Set once: nothing asks again in this page. */
  asked: Promise<void> | undefined;

  constructor(readonly tell: (error: Error) => void) {}

  /** Begins to fetch the chunk. */
  want(): void {
    this.asked ??= import('./kernel-chunk.js').then(
      (chunk) => {
        this.chunk = chunk;
      },
      (cause) => this.tell(new CollectorError('ERR_KERNEL_UNREACHABLE', 'the kernel is missing', { cause })),
    );
  }

  /** What `use` makes of the chunk; nothing while it is not here, or where the host refuses it. */
  try<T>(use: (chunk: Chunk) => T): T | undefined {
    if (!this.chunk) return undefined;
    try {
      return use(this.chunk);
    } catch (error) {
      this.chunk = undefined;
      this.tell(error as Error);
      return undefined;
    }
  }
}
