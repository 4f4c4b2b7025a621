/** Bodies of requests: read with a bound, inflated with a bound. */
import { Problem, refuse } from './problem.js';

/**
 * @param most bytes as sent
 * @param mostInflated bytes after inflating
 * @returns the body, inflated
 * @throws Problem ERR_BODY_SIZE, ERR_CONTENT_ENCODING, ERR_GZIP
 */
export async function readBody(request: Request, most: number, mostInflated: number): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'x-gzip') {
    refuse(415, 'ERR_CONTENT_ENCODING', 'expected gzip or no content encoding');
  }
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > most) tooLarge(most, 'as sent');
  if (!request.body) return new Uint8Array(0);
  const sent = await gather(request.body, most, 'as sent');
  if (encoding === 'identity') {
    if (sent.length > mostInflated) tooLarge(mostInflated, 'after inflating');
    return sent;
  }
  return await inflate(sent, mostInflated);
}

async function inflate(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  // Its first bytes tell gzip from anything else before a decompressor is made.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) refuse(400, 'ERR_GZIP', 'the body is not gzip');
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  try {
    return await gather(stream, most, 'after inflating');
  } catch (error) {
    if (error instanceof Problem) throw error;
    return refuse(400, 'ERR_GZIP', 'the gzip stream is damaged or not complete');
  }
}

/** Reads to the end, or stops and refuses once there is more than `most`. */
async function gather(stream: ReadableStream<Uint8Array>, most: number, which: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      // Not awaited: a decompressor may answer late, and nothing more is wanted of it.
      reader.cancel().catch(() => {});
      tooLarge(most, which);
    }
    chunks.push(value);
  }
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(most: number, which: string): never {
  refuse(413, 'ERR_BODY_SIZE', `expected at most ${most} bytes ${which}`);
}
