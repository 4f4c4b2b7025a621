import { describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

describe('an observer', () => {
  it('is told of single adds when they leave staging or the sketch is written, each once', () => {
    let told = 0;
    const observer = { onIngest: ({ values }: { values: number }) => void (told += values) };
    const sketch = new KllSketch({ k: 200, seed: 1, observer });
    for (let i = 0; i < 5000; i++) sketch.add(i);
    // The first 1024, and a block of 2048 beside levels.
    expect(told).toBe(3072);
    sketch.extend(Float64Array.from({ length: 500 }, (_, i) => i)).add(7, 3);
    sketch.merge(new KllSketch({ seed: 2 }).extend([1, 2, 3])).add(1);
    sketch.toBytes();
    expect(told).toBe(5000 + 500 + 3 + 1);
    expect(sketch.n).toBe(told + 3);
    const copy = sketch.clone();
    copy.add(5).toBytes();
    expect(told).toBe(5000 + 500 + 3 + 2);
  });

  it.each<[string, (sketch: KllSketch) => unknown]>([
    ['merged into another', (sketch) => new KllSketch({ seed: 2 }).merge(sketch)],
    ['merged with others', (sketch) => KllSketch.mergeAll([sketch, sketch], { seed: 2 })],
    ['condensed', (sketch) => sketch.condense(50)],
    ['cloned', (sketch) => sketch.clone()],
    ['reset', (sketch) => sketch.reset()],
  ])('is told of single adds once when the sketch is %s', (_, use) => {
    let told = 0;
    const observer = { onIngest: ({ values }: { values: number }) => void (told += values) };
    const sketch = new KllSketch({ k: 200, seed: 1, observer });
    for (let i = 0; i < 900; i++) sketch.add(i);
    use(sketch);
    use(sketch);
    expect(told).toBe(900);
  });
});
