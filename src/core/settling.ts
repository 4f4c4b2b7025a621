/** The one form that a sketch at rest has: what its bytes hold, and what it goes on from. */
import { F64, U8, U64 } from '../wasm/abi.js';
import { STAGING } from './accumulator.js';
import { totalCapacity } from './capacity.js';
import { condenseBy, planCondense } from './condense.js';
import { fitToApache } from './engine.js';
import { isExact, residue, residueOf } from './exactness.js';
import { notifyCompactions } from './notify.js';
import { Queries } from './queries.js';
import { SortedView } from './sorted-view.js';
import { SketchState } from './state.js';
import { toFloatVariance } from './variance.js';

export class Settling extends Queries {
  /**
   * Brings the sketch to the one form its bytes have. Few values stay staged, in order; more than k of them are
   * laid out on levels (without the kernel: one systematic sample, as condensing takes it); what is staged beside
   * levels is spilled, and the staging array is let go.
   */
  protected settle(): void {
    this.tellAdds();
    this.unspill();
    if (this.levels) {
      this.spill();
      // Values that were staged may be all that it lacked: ends that an image knew of.
      this.unspill();
    }
    if (this.levels) {
      this.setStaging();
      this.#fitImage();
      const { state } = this;
      state.forgetKey();
      state.trim();
      const { real } = state;
      // Bytes hold one number: what they give back must be what this sketch goes on with.
      real[F64.sum] = this.sum;
      real[F64.carry] = 0;
      real[F64.variance] = toFloatVariance(real[F64.variance]);
    } else {
      const { sum } = this;
      this.setStaging(this.staging.slice(0, this.staged).sort());
      // In another order values may come to another infinity.
      this.state.real[F64.sum] = residueOf(sum - sum === 0 ? this.sum : sum, this.staging);
      if (this.staged > totalCapacity(this.k, 1)) this.#layOut();
    }
  }

  /**
   * The image of a sketch without a guarantee has no room for protected tails, and none has room for more than any capacity
   * (docs/formats.md): where the policy still protects tails, or a foreign image held more, it is compacted to the plain budget.
   */
  #fitImage(): void {
    const { byte, retained } = this.state;
    const tails = byte[U8.tails];
    if (retained <= 3 * this.k + (byte[U8.guarantee] ? 297 : 9) * this.levels) return;
    this.change(() => {
      this.state = fitToApache(this.state);
      this.state.byte[U8.tails] = tails;
    });
  }

  /** Level 0 alone and few values: staged is the simpler form, and needs no kernel. */
  protected unspill(): void {
    const { state, staging, staged } = this;
    if (!this.levels || this.n > STAGING || !isExact(state)) return;
    const { items } = state;
    const sum = residue(state);
    state.clear();
    state.real[F64.sum] = sum;
    this.stageOnly(items);
    this.stage(staging.subarray(0, staged));
  }

  #layOut(): void {
    const { k, staged: n, min, max, sum, state } = this;
    const { block } = state;
    const tails = block.tails;
    const layout = planCondense(n, k, tails, tails && Math.max(1, Math.round(k / 25)));
    const laidOut = condenseBy(state, SortedView.ofValues(this.staging), layout, tails);
    const compactions = new Uint32Array(laidOut.sizes.length);
    const generator = state.long[U64.generator];
    const image = { k, minK: k, n, sum, min, max, ...laidOut, tailGuarantee: tails, variance: 0 };
    this.state = SketchState.fromImage({ ...image, state: { ...block, generator, compactions } }, 0n, tails);
    this.setStaging();
    notifyCompactions(this.observer, [], this.state);
  }
}
