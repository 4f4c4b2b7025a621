import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// The sum of a rounded image lies beside that of its values. Values that came since changed what lies beside in the sketch that
// was saved, and not in the one that was loaded.
it('a sketch of a rounded image, fed and saved, goes on as the loaded one does', () => {
  const values = [12.3456, 7.8912, 3.3333];
  const rounded = new KllSketch({ seed: 1 }).extend(values).toBytes({ precision: { decimals: 1 } });
  for (const others of [
    [1e15, -1e15],
    [792, 1583.9, 2375.85],
    [0.1, 0.2, 0.3],
  ]) {
    const saved = KllSketch.fromBytes(rounded, { seed: 7 });
    for (const x of others) {
      saved.add(x);
      const loaded = KllSketch.fromBytes(saved.toBytes());
      for (const y of [-x, 1e-3]) {
        saved.add(y);
        loaded.add(y);
        expect(saved.sum).toBe(loaded.sum);
        expect(saved.clone().toBytes()).toEqual(loaded.clone().toBytes());
      }
    }
  }
});
