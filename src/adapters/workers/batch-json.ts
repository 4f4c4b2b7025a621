/** Batches in JSON: { batchId, series: [{ name, labels, values | sketch, ageMs }] }. */
import * as v from 'valibot';
import { SketchDataError } from '../../core/errors.js';
import type { Batch, BatchSeries } from '../../sketch/batch.js';
import { KllSketch } from '../../sketch/sketch.js';
import { fromBase64Url } from '../../wire/base64url.js';
import { type EdgeLimits, MAX_JSON_DEPTH, MAX_JSON_NODES } from './limits.js';
import { FAULTS_SHOWN, type Fault, Problem, refuse } from './problem.js';

const time = v.pipe(v.number(), v.finite(), v.minValue(0));

/** Not a record of the schema library: that takes lists, and leaves out keys like __proto__ where they must be refused. */
const labels = v.custom<Record<string, string>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
  'expected an object of texts',
);

/**
 * A list is measured before its elements are looked at, and the first wrong number is enough: an issue for each would be
 * many times what was sent.
 */
const values = (most: number) =>
  v.pipe(
    v.custom<unknown[]>(Array.isArray, 'expected a list'),
    v.minLength(1),
    v.maxLength(most),
    v.rawTransform(({ dataset: { value: list }, addIssue, NEVER }) => {
      const at = list.findIndex((value) => !Number.isFinite(value));
      if (at < 0) return Float64Array.from(list as number[]);
      const path = [{ type: 'array', origin: 'value', input: list, key: at, value: list[at] }] as const;
      addIssue({ expected: 'a finite number', path: [...path] });
      return NEVER;
    }),
  );

const batchSchema = ({ maxSeries }: EdgeLimits) =>
  v.strictObject({
    batchId: v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{32}$/, 'expected 32 hex digits')),
    created: v.optional(time),
    series: v.pipe(
      v.custom<unknown[]>(Array.isArray, 'expected a list'),
      v.minLength(1),
      v.maxLength(maxSeries),
    ),
  });

const seriesSchema = ({ maxItems }: EdgeLimits) =>
  v.strictObject({
    name: v.string(),
    labels: v.optional(labels),
    values: v.optional(values(maxItems)),
    sketch: v.optional(
      v.union([v.string(), v.strictObject({ format: v.literal('kll-wasm/1'), bytes: v.string() })]),
    ),
    ageMs: v.optional(time),
  });

/**
 * @throws Problem 400 ERR_BODY for what is no JSON or nested too deep, 400 ERR_BATCH for JSON of another shape
 */
export function readJson(bytes: Uint8Array, limits: EdgeLimits, now: number): Batch {
  const parsed = v.safeParse(batchSchema(limits), parseJson(bytes), { abortEarly: false });
  if (!parsed.success) throw malformed(parsed.issues.map(faultOf));
  const { batchId, created, series } = parsed.output;
  const schema = seriesSchema(limits);
  const faults: Fault[] = [];
  const read: BatchSeries[] = [];
  let left = limits.maxItems;
  for (let i = 0; i < series.length && faults.length < FAULTS_SHOWN; i++) {
    const one = v.safeParse(schema, series[i], { abortEarly: false });
    if (!one.success) {
      faults.push(...one.issues.map((issue) => faultUnder(['series', i], issue)));
      continue;
    }
    const { name, labels = {}, values, sketch, ageMs: age = 0 } = one.output;
    if ((values === undefined) === (sketch === undefined)) {
      faults.push({ code: 'ERR_SCHEMA', detail: 'expected either values or a sketch', series: i });
      continue;
    }
    try {
      const held = values ? { values } : { sketch: sketchOf(sketch!) };
      left -= held.values?.length ?? held.sketch!.numRetained;
      if (left < 0) throw malformed([tooManyItems(i, limits)]);
      read.push({ name, labels, age, ...held });
    } catch (error) {
      if (!(error instanceof SketchDataError)) throw error;
      const { code, what, offset } = error;
      faults.push({ code, detail: what, series: i, ...(offset === undefined ? {} : { position: offset }) });
    }
  }
  if (faults.length > 0) throw malformed(faults);
  return {
    id: Uint8Array.from(batchId.match(/../g)!, (pair) => Number.parseInt(pair, 16)),
    created: created ?? now,
    series: read,
  };
}

function sketchOf(sketch: string | { bytes: string }): KllSketch {
  return KllSketch.fromBytes(fromBase64Url(typeof sketch === 'object' ? sketch.bytes : sketch));
}

/**
 * JSON of bounded depth, with a bounded number of lists and objects: each takes more memory than the two bytes it is sent in.
 * @throws Problem 400 ERR_BODY
 */
export function parseJson(bytes: Uint8Array): unknown {
  // In UTF-8 no byte of a longer character looks like a bracket or a quote.
  let depth = 0;
  let nodes = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inText) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) refuse(400, 'ERR_BODY', `JSON nested deeper than ${MAX_JSON_DEPTH}`);
      if (++nodes > MAX_JSON_NODES)
        refuse(400, 'ERR_BODY', `JSON of more than ${MAX_JSON_NODES} lists and objects`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return refuse(400, 'ERR_BODY', 'the body is not JSON in UTF-8');
  }
}

/** What a schema finds wrong, without the value found: it is the sender's. */
export function faultOf(issue: v.BaseIssue<unknown>): Fault {
  return faultUnder([], issue);
}

/** @param under path of what the schema was held against */
function faultUnder(under: readonly (string | number)[], issue: v.BaseIssue<unknown>): Fault {
  const path = [...under, ...(issue.path ?? []).map(({ key }) => key)];
  const [list, position] = path;
  return {
    code: 'ERR_SCHEMA',
    detail: issue.expected && issue.expected !== 'unknown' ? `expected ${issue.expected}` : issue.message,
    ...(list === 'series' && typeof position === 'number' ? { series: position } : {}),
    position: path.map(String).join('.').slice(0, 200),
  };
}

function tooManyItems(series: number, { maxItems }: EdgeLimits): Fault {
  return { code: 'ERR_LIMIT_ITEMS', detail: `expected at most ${maxItems} items in the batch`, series };
}

function malformed(faults: readonly Fault[]): Problem {
  return new Problem({ status: 400, code: 'ERR_BATCH', detail: 'the batch is malformed', faults });
}
