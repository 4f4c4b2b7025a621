/** Work of known length, by which tests that hold milliseconds see how fast a machine is, and how much of it others have. */

/**
 * Steps of `x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0` that a core of 3 GHz does in a millisecond when it does nothing
 * else: a multiplication and an addition that wait for each other, four cycles, and no memory.
 */
export const STEPS_PER_MS = 750_000;
