import { expect, it } from 'vitest';
import { ApacheCascade, alternatingCoin } from '../support/apache-cascade.js';
import { describeWithVectors, readVector, readVectorText, vectorNames } from '../support/vectors.js';

/** The stream 1..n under the alternating coin. */
function ascending(n: number): ApacheCascade {
  const sketch = new ApacheCascade(200, alternatingCoin());
  sketch.updateAll(Float64Array.from({ length: n }, (_, i) => i + 1));
  return sketch;
}

/** The rows' hash over retained items as they lie (vectors/README.md), in 64-bit arithmetic. */
function stateHash(items: Float64Array): bigint {
  const mask = (1n << 60n) - 1n;
  let hash = 0n;
  for (const item of items) {
    hash = ((hash + BigInt(item)) * 738219921n) & mask;
    hash ^= hash >> 30n;
  }
  return hash;
}

describeWithVectors('the Apache cascade with the alternating coin', () => {
  it('goes through the 114 reference states', () => {
    const [header, ...rows] = readVectorText('kll_cascade_reference.csv').trim().split('\n');
    expect(header).toBe('test,k,n,stride,num_levels,num_retained,hash');
    expect(rows).toHaveLength(114);
    for (const row of rows) {
      const [, k, n, stride, numLevels, numRetained] = row.split(',').map(Number);
      const sketch = new ApacheCascade(k, alternatingCoin());
      const stream = new Float64Array(n);
      for (let i = 0, current = 0; i < n; i++) stream[i] = current = (current + stride) & (2 ** 23 - 1);
      sketch.updateAll(stream);
      expect([sketch.n, sketch.numLevels, sketch.numRetained], row).toEqual([n, numLevels, numRetained]);
      expect(stateHash(sketch.retained), row).toBe(BigInt(row.slice(row.lastIndexOf(',') + 1)));
    }
  });

  const reproduced = vectorNames(/^kll_(double|float|long)_n\d+_(go|java|cpp)\.sk$/).filter((name) => {
    const [, type, n, language] = name.split(/[_.]/);
    // Beyond 200 values a coin was thrown: Go's alternates, Java's did so for doubles only.
    return Number(n.slice(1)) <= 200 || language === 'go' || (language === 'java' && type === 'double');
  });
  it('has files to reproduce', () => expect(reproduced).toHaveLength(49));
  it.each(reproduced)('writes %s byte for byte', (name) => {
    const [, type, n] = name.split(/[_.]/);
    const bytes = ascending(Number(n.slice(1))).toBytes(type as 'double' | 'float' | 'long');
    expect(bytes).toEqual(readVector(name));
  });
});
