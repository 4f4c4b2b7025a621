import { describe, expect, it } from 'vitest';
import { toDataSketches } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';
import { runKll } from './run-kll.js';

describe('kll plan', () => {
  it('answers with k, tails, working k and bytes', async () => {
    const { code, stdout, stderr } = await runKll(['plan', '--error', '0.5%', '--p99', '0.05%']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^k +\d+$/m);
    expect(stdout).toMatch(/^tails +(high|high, sharp)$/m);
    expect(stdout).toMatch(/^working k +\d+$/m);
    expect(stdout).toMatch(/^image +at most [\d,.]+ (bytes|kB)$/m);
  });

  it('keeps what it promises: the sketch it describes states those errors and is no larger', async () => {
    const { json } = await runKll(['plan', '--error', '0.5%', '--p99', '0.05%', '-n', '200000', '--json']);
    expect(json.error).toBeLessThanOrEqual(0.005);
    expect(json.p99).toBeLessThanOrEqual(0.0005);
    const values = Float64Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 200_000);
    const sketch = new KllSketch({ k: json.workingK, tails: json.tails, seed: 1 }).extend(values);
    const sent = sketch.condense(json.k, { sharp: json.sharp });
    expect(sent.rankError()).toBeLessThanOrEqual(0.005);
    expect(toDataSketches(sent).length).toBeLessThanOrEqual(json.bytes);
  });

  it('takes a share as a fraction too, and a smaller k for a larger error', async () => {
    const fine = await runKll(['plan', '--error', '0.002', '--json']);
    const coarse = await runKll(['plan', '--error', '1%', '--json']);
    expect(fine.json.error).toBeLessThanOrEqual(0.002);
    expect(coarse.json.k).toBeLessThan(fine.json.k);
  });

  it('refuses what no k reaches, what is no share, and nothing at all', async () => {
    for (const args of [['--error', '1e-9'], ['--error', '-1'], ['--p99', 'small'], []]) {
      const { code, stderr } = await runKll(['plan', ...args]);
      expect(code).toBe(2);
      expect(stderr).not.toBe('');
    }
  });
});
