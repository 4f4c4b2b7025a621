/** A stream of unknown length becomes one object of a bucket: in parts, a bounded piece of it in memory. */

/** Parts of an upload must be of one size, the last one excepted; the platform wants 5 MiB at least. */
const PART_BYTES = 8 * 2 ** 20;

/** @returns bytes that were written. Nothing is left of an upload that fails */
export async function upload(
  bucket: R2Bucket,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<number> {
  const started = await bucket.createMultipartUpload(name);
  try {
    const parts: R2UploadedPart[] = [];
    let part = new Uint8Array(PART_BYTES);
    let filled = 0;
    let bytes = 0;
    const send = async () => {
      parts.push(await started.uploadPart(parts.length + 1, part.subarray(0, filled)));
      part = new Uint8Array(PART_BYTES);
      filled = 0;
    };
    for await (const chunk of chunks) {
      bytes += chunk.length;
      for (let at = 0; at < chunk.length; ) {
        const count = Math.min(chunk.length - at, PART_BYTES - filled);
        part.set(chunk.subarray(at, at + count), filled);
        filled += count;
        at += count;
        if (filled === PART_BYTES) await send();
      }
    }
    if (filled > 0 || parts.length === 0) await send();
    const { size } = await started.complete(parts);
    if (size !== bytes) throw new Error(`${name}: expected ${bytes} bytes in the bucket, found ${size}`);
    return bytes;
  } catch (error) {
    await started.abort().catch(() => {});
    throw error;
  }
}
