/** A sum that carries its rounding error along (Neumaier 1974). */
export class CompensatedSum {
  constructor(
    private total: number,
    private carry: number,
  ) {}

  add(x: number): void {
    const next = this.total + x;
    this.carry += Math.abs(this.total) >= Math.abs(x) ? this.total - next + x : x - next + this.total;
    this.total = next;
  }

  get value(): number {
    // Past the largest double the carry is NaN, the total an infinity: that is the answer then.
    const value = this.total + this.carry;
    return Number.isNaN(value) && !Number.isNaN(this.total) ? this.total : value;
  }
}
