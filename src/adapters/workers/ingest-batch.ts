/** One batch, checked whole: what an ingest object may store without looking at it again. */
import { type Batch, type BatchSeries, encodeBatch } from '../../sketch/batch.js';
import { crc32c } from '../../wire/crc32c.js';
import { readContainer } from './batch-container.js';
import { readJson } from './batch-json.js';
import type { IngestKey } from './contract.js';
import { decoderLimits, type EdgeLimits } from './limits.js';
import { type Fault, Problem, refuse } from './problem.js';
import { type Labels, seriesKey } from './series-key.js';

export interface CheckedBatch {
  id: Uint8Array;
  created: number;
  /** CRC-32C of the body as it came (inflated); of a container, that of its own. */
  crc: number;
  /** The container to be stored. */
  body: Uint8Array;
  /** Values in it, weights counted. */
  values: number;
  series: number;
  /** Characters of the keys of its series: one string of a batch may stand in many of them. */
  keyLength: number;
  /** Items that its series hold: of equal ones, thousands are a few bytes. */
  items: number;
}

export interface BatchChecks {
  limits: EdgeLimits;
  /** The key that was used, when there is one: what strangers send is trusted less. */
  key?: IngestKey;
  /** Labels the server adds; they replace those of the sender. */
  labels: Labels;
  now: number;
}

export type BatchForm = 'container' | 'json';

/** A forged variance would widen every answer it enters: no condensing leaves more. */
const MOST_VARIANCE = 0.25;
/** Labels that begin so are the server's own, but for the one that stands for series beyond a cap. */
const RESERVED = '__';
const OTHER_LABEL = '__other__';
/** Rounding of a sum of many values, relative. */
const SUM_TOLERANCE = 1e-9;

/** @throws Problem 400 or 422 with every fault that was found */
export function checkBatch(bytes: Uint8Array, form: BatchForm, checks: BatchChecks): CheckedBatch {
  const { limits, labels, now } = checks;
  const isContainer = form === 'container';
  const batch = isContainer ? readContainer(bytes, decoderLimits(limits)) : readJson(bytes, limits, now);
  requireLimits(batch, checks);
  const full = batch.series.filter((one) => one.values || one.sketch!.n > 0);
  const isAsSent = isContainer && Object.keys(labels).length === 0 && full.length === batch.series.length;
  return {
    id: batch.id,
    created: batch.created,
    crc: isContainer ? ownChecksum(bytes) : crc32c(bytes),
    body: isAsSent ? bytes : encodeBatch({ ...batch, series: full.map((one) => labelled(one, labels)) }),
    values: full.reduce((sum, one) => sum + countOf(one), 0),
    series: full.length,
    keyLength: full.reduce((sum, one) => sum + keyLength(one, labels), 0),
    items: full.reduce((sum, { values, sketch }) => sum + (values?.length ?? sketch!.numRetained), 0),
  };
}

/** A container ends with its checksum; one over that too would be the same for all. */
function ownChecksum({ buffer, byteOffset, length }: Uint8Array): number {
  return new DataView(buffer, byteOffset, length).getUint32(length - 4, true);
}

function labelled(series: BatchSeries, labels: Labels): BatchSeries {
  return { ...series, labels: { ...series.labels, ...labels } };
}

function countOf({ values, sketch }: BatchSeries): number {
  return values ? values.length : sketch!.n;
}

/** As the objects keep it, with the server's labels. */
function keyLength({ name, labels }: BatchSeries, more: Labels): number {
  return seriesKey(name, { ...labels, ...more }).length;
}

function requireLimits(batch: Batch, checks: BatchChecks): void {
  const { limits, labels, now } = checks;
  if (batch.created > now + limits.maxFutureMs) {
    refuse(
      400,
      'ERR_CREATED',
      `created lies more than ${limits.maxFutureMs} ms ahead of this server's clock`,
    );
  }
  if (batch.series.length === 0) refuse(400, 'ERR_BATCH', 'the batch has no series');
  const faults: Fault[] = batch.series.flatMap((series, i) =>
    [...faultsOf(series, checks)].map((fault) => ({ ...fault, series: i })),
  );
  const total = batch.series.reduce((sum, one) => sum + countOf(one), 0);
  if (total > limits.maxTotalN) {
    faults.push({ code: 'ERR_LIMIT_TOTAL', detail: `expected at most ${limits.maxTotalN} values` });
  }
  // Where one is too long, its own fault says more.
  const keys = faults.length > 0 ? 0 : batch.series.reduce((sum, one) => sum + keyLength(one, labels), 0);
  if (keys > limits.maxTotalKeyLength) {
    faults.push({
      code: 'ERR_LIMIT_KEY',
      detail: `expected at most ${limits.maxTotalKeyLength} characters of names and labels in all series, found ${keys}`,
    });
  }
  if (faults.length > 0) {
    throw new Problem({ status: 422, code: 'ERR_LIMITS', detail: 'the batch passes limits', faults });
  }
}

function* faultsOf(series: BatchSeries, { limits, key, labels: more }: BatchChecks): Generator<Fault> {
  const { name, labels, sketch } = series;
  const names = Object.keys(labels);
  const isText = (text: string, least: number) =>
    text.length >= least && isShort(text, limits.maxStringBytes) && !hasControls(text);
  if (!isText(name, 1))
    yield { code: 'ERR_NAME', detail: `expected a name of 1..${limits.maxStringBytes} bytes` };
  if (names.length > limits.maxLabels) {
    yield { code: 'ERR_LIMIT_LABELS', detail: `expected at most ${limits.maxLabels} labels` };
  }
  for (const label of names.slice(0, limits.maxLabels)) {
    if (!isText(label, 1) || (label.startsWith(RESERVED) && label !== OTHER_LABEL)) {
      yield { code: 'ERR_LABEL', detail: 'a label key is empty, too long or reserved' };
    } else if (!isText(labels[label], 0)) {
      yield {
        code: 'ERR_LABEL_VALUE',
        detail: `expected label values of at most ${limits.maxStringBytes} bytes`,
      };
    }
  }
  const length = names.length > limits.maxLabels ? 0 : keyLength(series, more);
  if (length > limits.maxKeyLength) {
    yield {
      code: 'ERR_LIMIT_KEY',
      detail: `expected a name and labels of at most ${limits.maxKeyLength} characters as JSON, found ${length}`,
    };
  }
  if (countOf(series) > limits.maxN) {
    yield { code: 'ERR_LIMIT_N', detail: `expected at most ${limits.maxN} values behind a series` };
  }
  if (!sketch || sketch.n === 0) return;
  if (sketch.k > limits.maxK) yield { code: 'ERR_LIMIT_K', detail: `expected k of at most ${limits.maxK}` };
  const { min, max, n, sum } = sketch;
  if (!Number.isFinite(min) || !Number.isFinite(max)) {
    yield { code: 'ERR_VALUE_NOT_FINITE', detail: 'expected finite values' };
  }
  const slack = SUM_TOLERANCE * n * Math.max(Math.abs(min), Math.abs(max));
  if (Number.isNaN(sum) ? key : !(sum >= n * min - slack && sum <= n * max + slack)) {
    yield { code: 'ERR_SUM', detail: 'expected a sum that values between min and max can have' };
  }
  if (!(sketch.variance >= 0 && sketch.variance <= MOST_VARIANCE)) {
    yield { code: 'ERR_VARIANCE', detail: `expected a variance of 0..${MOST_VARIANCE}` };
  }
}

/** No character has more than three bytes a unit. */
function isShort(text: string, bytes: number): boolean {
  return text.length * 3 <= bytes || new TextEncoder().encode(text).length <= bytes;
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 32 || unit === 127) return true;
  }
  // Half a surrogate pair has no UTF-8.
  return /\p{Surrogate}/u.test(text);
}
