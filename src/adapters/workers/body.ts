/** Bodies of requests: read with a bound, inflated with a bound. */
import { Problem, refuse } from './problem.js';
import type { Upload } from './uploads.js';

/** How often a body that keeps one waiting is looked at. */
const LOOK_MS = 1_000;

/**
 * @param most bytes as sent
 * @param mostInflated bytes after inflating
 * @param upload what holds it; absent for those whose number is small
 * @returns the body, inflated
 * @throws Problem ERR_BODY, ERR_BODY_SIZE, ERR_BODY_SLOW, ERR_BUSY, ERR_CONTENT_ENCODING, ERR_GZIP
 */
export async function readBody(
  request: Request,
  most: number,
  mostInflated: number,
  upload?: Upload,
): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'x-gzip') {
    refuse(415, 'ERR_CONTENT_ENCODING', 'expected gzip or no content encoding');
  }
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > most) tooLarge(most, 'as sent');
  if (!request.body) return new Uint8Array(0);
  const sent = await gather(request.body, most, 'as sent', upload).catch(brokenOff);
  if (encoding === 'identity') {
    if (sent.length > mostInflated) tooLarge(mostInflated, 'after inflating');
    return sent;
  }
  return await inflate(sent, mostInflated, upload);
}

async function inflate(bytes: Uint8Array, most: number, upload?: Upload): Promise<Uint8Array> {
  // Its first bytes tell gzip from anything else before a decompressor is made.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) refuse(400, 'ERR_GZIP', 'the body is not gzip');
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  try {
    return await gather(stream, most, 'after inflating', upload);
  } catch (error) {
    if (error instanceof Problem) throw error;
    return refuse(400, 'ERR_GZIP', 'the gzip stream is damaged or not complete');
  }
}

/** Reads to the end, or stops and refuses once there is more than `most`, or time or room have run out. */
async function gather(
  stream: ReadableStream<Uint8Array>,
  most: number,
  which: string,
  upload?: Upload,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  // Not awaited: a decompressor may answer late, and nothing more is wanted of it.
  const stop = () => void reader.cancel().catch(() => {});
  let isLate = false;
  const watch = setInterval(() => {
    isLate ||= upload?.isLate ?? false;
    if (isLate) stop();
  }, LOOK_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) tooSlow();
      if (done) break;
      length += value.length;
      if (length > most) tooLarge(most, which);
      upload?.hold(value.length);
      chunks.push(value);
    }
  } catch (error) {
    // A read that waits ends or fails when it is stopped, as the stream has it.
    if (isLate) tooSlow();
    stop();
    throw error;
  } finally {
    clearInterval(watch);
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

/** Whoever sends has gone: that is no failure here. */
function brokenOff(error: unknown): never {
  if (error instanceof Problem) throw error;
  refuse(400, 'ERR_BODY', 'the body broke off before its end');
}

function tooLarge(most: number, which: string): never {
  refuse(413, 'ERR_BODY_SIZE', `expected at most ${most} bytes ${which}`);
}

function tooSlow(): never {
  refuse(408, 'ERR_BODY_SLOW', 'the body took longer to arrive than there is time for');
}
