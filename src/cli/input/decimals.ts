/** Decimals of Parquet: stored as whole numbers, of which the scale is the number of digits behind the point. */
import type { SchemaElement } from 'hyparquet';

/** The largest power of ten that a double holds exactly. */
const EXACT_POWER = 22;

/** The schema with decimals as the whole numbers that are stored: what the reader makes of them is rounded twice. */
export function asStored(schema: SchemaElement[]): SchemaElement[] {
  return schema.map((element) => {
    if (scaleOf(element) === undefined) return element;
    const stored = { ...element };
    delete stored.converted_type;
    delete stored.logical_type;
    return stored;
  });
}

/**
 * Gives the values of a column, of what is stored in it.
 * @returns a function that makes a number of each decimal, the one that its text would give, and leaves nulls and all
 *   other columns as they are
 */
export function valueReader(element: SchemaElement): (stored: unknown) => unknown {
  const scale = scaleOf(element);
  if (scale === undefined) return (stored) => stored;
  const unit = Number(`1e${scale}`);
  return (stored) => {
    if (stored === null || stored === undefined) return stored;
    const digits = stored instanceof Uint8Array ? toInteger(stored) : (stored as number | bigint);
    const whole = Number(digits);
    // Both are exact, so their quotient is rounded once.
    if (Number.isSafeInteger(whole) && scale <= EXACT_POWER) return whole / unit;
    return Number(`${digits}e-${scale}`);
  };
}

/** The scale of a column of decimals; undefined for any other. */
function scaleOf({ converted_type, logical_type, scale }: SchemaElement): number | undefined {
  if (logical_type?.type === 'DECIMAL') return logical_type.scale ?? scale ?? 0;
  return converted_type === 'DECIMAL' ? (scale ?? 0) : undefined;
}

/** Two's complement, the highest byte first. */
function toInteger(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`));
}
