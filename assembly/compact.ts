/** Compaction: half of a level's items go up with twice the weight. */
import { CAPS, H_TAILS, POS, header, viewBuffer } from './layout';
import { flipCoin, randomBit } from './coin';
import { entersStage, protectedItems } from './capacity';
import { budget, growTo, levelSize, levelStart, mergeInto, numLevels, refreshCapacities, retained } from './levels';

/** Compacts levels, lowest due first, until the state is within its budget. */
export function compress(): void {
  while (retained() > budget) {
    const levels = numLevels();
    let level = 0;
    while (level < levels && <u32>levelSize(level) < load<u32>(CAPS + (<usize>level << 2))) level++;
    assert(level < levels, 'over budget, and no level is due');
    compactLevel(level);
  }
}

/**
 * Compacts one level: its protected ends stay, an odd item out of the rest stays at a random end, and of each
 * pair that is left the coin says which one goes up.
 *
 *    low ................................................. high
 *    | kept | odd? | pair | pair | ...        | odd? | kept |
 */
function compactLevel(level: i32): void {
  growTo(level + 1);
  const size = levelSize(level);
  const kept = protectedItems(level, size);
  let low = load<u8>(header + H_TAILS) == 2 ? kept : 0;
  let count = size - low - kept;
  if (count & 1) {
    low += <i32>randomBit();
    count--;
  }
  assert(count >= 2, 'nothing to compact');
  const start = levelStart(level);
  const picks = count >> 1;
  let from = start + (<usize>low << 3) + (<usize>flipCoin(level) << 3);
  const scratch = viewBuffer();
  let to = scratch;
  for (let i = 0; i < picks; i++) {
    store<f64>(to, load<f64>(from));
    to += 8;
    from += 16;
  }
  takeOut(level, low, count);
  mergeInto(level + 1, scratch, picks);
  if (entersStage(level)) refreshCapacities();
}

/** Takes `count` items out of a level after its first `low`, moving what is below them up. */
function takeOut(level: i32, low: i32, count: i32): void {
  const bottom = levelStart(0);
  const bytes = <usize>count << 3;
  memory.copy(bottom + bytes, bottom, levelStart(level) + (<usize>low << 3) - bottom);
  for (let i = 0; i <= level; i++) {
    const at = POS + (<usize>i << 2);
    store<u32>(at, load<u32>(at) + <u32>count);
  }
}
