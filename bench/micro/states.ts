/** States and questions: copying a state, asking after every add. */
import { lowerBound } from '../../src/core/sorted-view.js';
import { streamOf } from '../support/distributions.js';
import { entry, pageEntry } from '../support/library.js';
import { Steps } from './kernel.js';
import type { Technique } from './technique.js';

const transfer: Technique = {
  name: 'a state in one copy',
  unit: 'state',
  what: 'a state of k = 200 and n = 1e6 into the kernel and out again: one block, or every level and header field by itself',
  prepare(seed) {
    const steps = new Steps().filled(200, streamOf('lognormal', 1e6, seed));
    const { f64, call } = steps;
    const state = steps.state().slice();
    const headerSlots = call.headerBytes() >> 3;
    const header = call.headerAddress() >> 3;
    const from = header + headerSlots - state.length;
    const words = new Uint32Array(state.buffer, (state.length - headerSlots) * 8);
    // Word 20 of the header is the number of levels, from 24 on their sizes (assembly/layout.ts).
    const sizes = Array.from(words.subarray(24, 24 + words[20]));
    let at = 0;
    const levels = sizes.map((size) => state.slice(at, (at += size)));
    const fields = state.slice(at);
    return {
      per: 1,
      variants: [
        {
          name: 'one block',
          body: () => {
            f64.set(state, from);
            state.set(f64.subarray(from, from + state.length));
          },
        },
        {
          name: 'level by level, field by field',
          body: () => {
            let to = from;
            for (const level of levels) {
              f64.set(level, to);
              to += level.length;
            }
            for (let i = 0; i < fields.length; i++) f64[header + i] = fields[i];
            let out = from;
            for (const level of levels) {
              level.set(f64.subarray(out, out + level.length));
              out += level.length;
            }
            for (let i = 0; i < fields.length; i++) fields[i] = f64[header + i];
          },
        },
      ],
    };
  },
};

const view: Technique = {
  name: 'a view from halves of equal size',
  unit: 'view',
  what: 'the view of a state of k = 200, n = 1e6: levels halved by their items and merged from both ends, or neighbours in rounds from one',
  prepare(seed) {
    const { call } = new Steps().filled(200, streamOf('lognormal', 1e6, seed));
    return {
      per: 1,
      variants: [
        { name: 'halves, both ends', body: () => call.view(0) },
        { name: 'neighbours in rounds, one end', body: () => call.viewInRounds() },
      ],
    };
  },
};

const first: Technique = {
  name: 'a first question without a view',
  unit: 'question',
  what: 'p99 of a copy of a sketch of k = 200, n = 5e4, the copying included: all levels searched, or a view built',
  async prepare(seed) {
    const { KllSketch } = await entry('index');
    const sketch = new KllSketch({ k: 200, tails: 'none', seed }).extend(streamOf('lognormal', 5e4, seed));
    sketch.toBytes();
    const turns = 500;
    const asking = (ask: (copy: typeof sketch) => number) => () => {
      let sum = 0;
      for (let turn = 0; turn < turns; turn++) sum += ask(sketch.clone());
      return sum;
    };
    // Several questions at once are answered from a view.
    const twice = [0.99, 0.99];
    return {
      per: turns,
      variants: [
        { name: 'searched', body: asking((copy) => copy.quantile(0.99)) },
        { name: 'from a view', body: asking((copy) => copy.quantilesAt(twice)[0]) },
        { name: 'the copying alone', body: asking((copy) => copy.n) },
      ],
    };
  },
};

const cursor: Technique = {
  name: 'cursor over a view that is kept',
  unit: 'add',
  what: 'p99 after every add to a sketch of k = 200, n = 5e4: the cursor, or a view built each time',
  async prepare(seed) {
    const { KllSketch } = await entry('index');
    const values = streamOf('lognormal', 5e4, seed);
    const sketch = new KllSketch({ k: 200, tails: 'none', seed }).extend(values);
    const steps = new Steps().filled(200, values);
    steps.input.set(values.subarray(0, 512));
    const turns = 500;
    let i = 0;
    return {
      per: turns,
      variants: [
        {
          name: 'cursor',
          body: () => {
            let sum = 0;
            for (let turn = 0; turn < turns; turn++) {
              if (++i === values.length) i = 0;
              sum += sketch.add(values[i]).quantile(0.99);
            }
            return sum;
          },
        },
        {
          name: 'a view each time',
          body: () => {
            for (let turn = 0; turn < turns; turn++) steps.call.view(512);
          },
        },
      ],
    };
  },
};

const guide: Technique = {
  name: 'a guide to a view that is asked often',
  unit: 'question',
  what: 'quantiles of random ranks from a sketch of k = 200, n = 5e4: calls of the library, or a bisection of the weights by itself',
  async prepare(seed) {
    const { KllSketch } = await entry('index');
    const sketch = new KllSketch({ k: 200, tails: 'none', seed }).extend(streamOf('lognormal', 5e4, seed));
    const ranks = streamOf('uniform', 2000, seed);
    const { n } = sketch;
    let weight = 0;
    const pairs = [...sketch];
    const items = Float64Array.from(pairs, (pair) => pair.item);
    const weights = Float64Array.from(pairs, (pair) => (weight += pair.weight));
    return {
      per: ranks.length,
      variants: [
        {
          name: 'with a guide',
          body: () => {
            let sum = 0;
            for (let i = 0; i < ranks.length; i++) sum += sketch.quantile(ranks[i]);
            return sum;
          },
        },
        {
          name: 'the bisection alone',
          body: () => {
            let sum = 0;
            for (let i = 0; i < ranks.length; i++) sum += items[lowerBound(weights, Math.ceil(ranks[i] * n))];
            return sum;
          },
        },
      ],
    };
  },
};

const images: Technique = {
  name: 'images decoded in the kernel',
  unit: 'image',
  what: 'mergeAll of 500 compact images, each of 1000 values of tenths condensed to k = 200: decoded in the kernel, or in JavaScript as in pages',
  async prepare(seed) {
    const [own, page] = await Promise.all([entry('index'), pageEntry()]);
    const blobs = Array.from({ length: 500 }, (_, i) => {
      const values = streamOf('lognormal', 1000, seed + 7 * i).map((x) => Math.round(10 * x) / 10);
      const sketch = new own.KllSketch({ k: 1024, tails: 'none', seed: i }).extend(values);
      return sketch.condense(200).toBytes();
    });
    const into = { k: 1024, tails: 'none', seed } as const;
    return {
      per: blobs.length,
      variants: [
        { name: 'in the kernel', body: () => own.KllSketch.mergeAll(blobs, into) },
        { name: 'in JavaScript', body: () => page.KllSketch.mergeAll(blobs, into) },
      ],
    };
  },
};

const sources: Technique = {
  name: 'levels of sources sampled before they are grouped',
  unit: 'source',
  what: 'merging 1000 states of k = 200, n = 1e4 into k = 1024: one item of a few goes to the block of a higher level, or all to that of theirs',
  prepare(seed) {
    const states = Array.from({ length: 1000 }, (_, i) =>
      new Steps()
        .filled(200, streamOf('lognormal', 1e4, seed + 7 * i))
        .state()
        .slice(),
    );
    const { call, f64 } = new Steps();
    const headerBytes = call.headerBytes();
    const merging = (sampled: boolean) => () => {
      call.begin(1024, 0);
      call.sampleSources(sampled);
      call.beginAbsorb();
      const at = call.sourceAddress();
      for (const state of states) {
        f64.set(state, at >> 3);
        call.absorb(at + 8 * state.length - headerBytes);
      }
      call.finishAbsorb();
      return call.close();
    };
    return {
      per: states.length,
      variants: [
        { name: 'sampled', body: merging(true) },
        { name: 'whole', body: merging(false) },
      ],
    };
  },
};

export const STATES: Technique[] = [transfer, view, first, guide, cursor, sources, images];
