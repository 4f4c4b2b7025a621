/** kll-wasm/batch: the container of many named sketches (docs/formats.md). */
export { type Batch, type BatchSeries, decodeBatch, encodeBatch } from './sketch/batch.js';
export type { BatchLimits } from './wire/batch.js';
