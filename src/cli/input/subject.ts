/** What a verb works on: a sketch read from a file, or one made now from numbers. */
import { KllSketch, type SketchOptions } from '../../index.js';
import { type InputArguments, type SketchArguments, sketchOptions } from '../arguments.js';
import { usageError } from '../exit.js';
import { showCount, showCountOf, showPart } from '../output/figures.js';
import { Progress } from '../output/progress.js';
import { ByteSource } from './byte-source.js';
import { type DataFormat, detectFormat, readValues } from './detect.js';
import {
  decodeSketch,
  describeFamily,
  readSketchFile,
  type SketchFile,
  sketchFamily,
} from './sketch-file.js';

export interface Subject {
  name: string;
  sketch: KllSketch;
  /** Set when the subject was a sketch already. */
  file?: SketchFile;
  /** Set when it was made from numbers. */
  data?: DataRead;
}

export interface DataRead {
  format: DataFormat;
  column?: string;
  missing: number;
  invalid: number;
  /** Seconds spent reading and parsing, and in the sketch. */
  readSeconds: number;
  sketchSeconds: number;
  /** All values ascending, when they were asked for. */
  sorted?: Float64Array;
  sortSeconds: number;
}

export interface SubjectArguments extends InputArguments, SketchArguments {
  /** Keep and sort all values. */
  exact?: boolean;
}

/** Opens a sketch or numbers, whichever the input is. */
export async function openSubject(path: string, args: SubjectArguments): Promise<Subject> {
  const source = await ByteSource.open(path);
  if (args.format === undefined && sketchFamily(source.head)) {
    if (args.exact) {
      await source.close();
      throw usageError(
        `${source.name}: a sketch holds no exact values`,
        'Give the data itself with --exact.',
      );
    }
    const file = await readSketchFile(source, args.type);
    return { name: file.name, sketch: decodeSketch(file), file };
  }
  return sketchValues(source, args);
}

/** Makes a sketch of an input of numbers. */
export async function sketchValues(source: ByteSource, args: SubjectArguments): Promise<Subject> {
  const started = performance.now();
  const sketch = new KllSketch(sketchOptions(args) satisfies SketchOptions);
  const format = args.format ?? detectFormat(source, args.delimiter);
  const { collector, batches } = readValues(source, format, args);
  const progress = readingProgress(source, args.progress);
  const kept: Float64Array[] = [];
  let sketchMs = 0;
  try {
    for await (const batch of batches) {
      if (args.exact) kept.push(batch);
      const before = performance.now();
      sketch.extend(batch);
      sketchMs += performance.now() - before;
      progress.update(collector.values);
    }
  } finally {
    progress.finish(collector.values);
    await source.close();
  }
  const ended = performance.now();
  const sorted = args.exact ? sortAll(kept, collector.values) : undefined;
  return {
    name: source.name,
    sketch,
    data: {
      format,
      ...(args.column === undefined ? {} : { column: args.column }),
      missing: collector.missing,
      invalid: collector.invalid,
      readSeconds: (ended - started - sketchMs) / 1000,
      sketchSeconds: sketchMs / 1000,
      ...(sorted ? { sorted } : {}),
      sortSeconds: (performance.now() - ended) / 1000,
    },
  };
}

function readingProgress(source: ByteSource, wanted: boolean | undefined): Progress<[values: number]> {
  return new Progress(wanted, (seconds, values) => {
    const rate = showCount(values / seconds);
    return `${source.name}: ${showCountOf(values, 'value')}${showPart(source.share)}  ${rate}/s`;
  });
}

/** A short name of the subject for headings. */
export function describeSubject({ name, file, data }: Subject): string {
  if (file) return `${name} (${describeFamily(file)})`;
  return data?.column === undefined ? name : `${name}, ${data.column}`;
}

function sortAll(batches: Float64Array[], count: number): Float64Array {
  const all = new Float64Array(count);
  let at = 0;
  for (const batch of batches) {
    all.set(batch, at);
    at += batch.length;
  }
  return all.sort();
}
