/** Foreign formats: Apache DataSketches images written and read, KLL1 and KLL2 read. */
export { fromAny, fromDataSketches, fromKll1, fromKll2, toDataSketches } from './sketch/foreign.js';
export type { DataSketchesType } from './wire/datasketches.js';
