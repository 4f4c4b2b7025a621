import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { afterRunning, finite, options, program, run, runs, step, tails } from '../support/sketch-program.js';

const image = (sketch: KllSketch) => sketch.toImage();

describe('bytes', () => {
  it('give back every finite double, bit for bit', () => {
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 60 }), tails, (values, tails) => {
        const sketch = new KllSketch({ tails }).extend(values);
        const loaded = KllSketch.fromBytes(sketch.toBytes());
        const expected = Float64Array.from(values, (x) => x + 0).sort();
        expect(Float64Array.from(loaded, ({ item }) => item)).toEqual(expected);
        expect(loaded.sum).toBe(sketch.sum);
        expect([loaded.min, loaded.max]).toEqual([sketch.min, sketch.max]);
      }),
      runs(300),
    );
  });

  it('give back the whole sketch after any program, and the same bytes again', () => {
    fc.assert(
      fc.property(options, program, (settings, steps) => {
        const { sketch } = afterRunning(settings, steps);
        const bytes = sketch.toBytes();
        const loaded = KllSketch.fromBytes(bytes);
        expect(loaded.toBytes()).toEqual(bytes);
        if (sketch.n > 0) expect(image(loaded)).toEqual(image(sketch));
        expect(KllSketch.fromJSON(JSON.parse(JSON.stringify(sketch))).toBytes()).toEqual(bytes);
        const stateless = sketch.toBytes({ state: false, sum: false });
        expect(KllSketch.fromBytes(stateless).toBytes({ state: false, sum: false })).toEqual(stateless);
      }),
      runs(120),
    );
  });

  it('give a copy that goes on to the very same bytes', () => {
    fc.assert(
      fc.property(
        options,
        program,
        fc.array(step, { minLength: 1, maxLength: 5 }),
        (settings, steps, further) => {
          const { sketch } = afterRunning(settings, steps);
          // The image of an empty sketch has no place for a generator.
          fc.pre(!sketch.isEmpty);
          const copy = KllSketch.fromBytes(sketch.toBytes());
          const clone = sketch.clone();
          for (const one of further) {
            run(sketch, one);
            run(copy, one);
            run(clone, one);
            const bytes = sketch.toBytes();
            expect(copy.toBytes()).toEqual(bytes);
            expect(clone.toBytes()).toEqual(bytes);
          }
          expect({ ...copy.debugState(), bytes: 0 }).toEqual({ ...sketch.debugState(), bytes: 0 });
        },
      ),
      runs(150),
    );
  });

  it('of a condensed copy, with state asked for, go on as it does', () => {
    fc.assert(
      fc.property(
        options,
        program,
        fc.array(step, { minLength: 1, maxLength: 4 }),
        (settings, steps, further) => {
          const condensed = afterRunning(settings, steps).sketch.condense(100);
          fc.pre(!condensed.isEmpty);
          const copy = KllSketch.fromBytes(condensed.toBytes({ state: true }));
          for (const one of further) {
            run(condensed, one);
            run(copy, one);
          }
          expect(copy.toBytes({ state: true })).toEqual(condensed.toBytes({ state: true }));
        },
      ),
      runs(60),
    );
  });

  it('rounded once are as rounded twice', () => {
    const precision = fc.oneof(
      fc.record({ bits: fc.integer({ min: 1, max: 51 }) }),
      fc.record({ decimals: fc.integer({ min: 0, max: 22 }) }),
    );
    fc.assert(
      fc.property(options, program, precision, (settings, steps, rounding) => {
        const { sketch } = afterRunning(settings, steps);
        const bytes = sketch.toBytes({ precision: rounding });
        const loaded = KllSketch.fromBytes(bytes);
        expect(loaded.toBytes({ precision: rounding })).toEqual(bytes);
        expect(loaded.n).toBe(sketch.n);
      }),
      runs(80),
    );
  });
});
