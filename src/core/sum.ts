/**
 * total + carry + values: a sum that carries its rounding error along (Neumaier 1974).
 * @param count how many of the values count
 */
export function compensatedSum(
  values: ArrayLike<number>,
  count = values.length,
  total = 0,
  carry = 0,
): number {
  for (let i = 0; i < count; i++) {
    const x = values[i];
    const next = total + x;
    carry += Math.abs(total) >= Math.abs(x) ? total - next + x : x - next + total;
    total = next;
  }
  // Past the largest double the total is an infinity, which the carry must not spoil.
  return Math.abs(total) === Infinity ? total : total + carry;
}
