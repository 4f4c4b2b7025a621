/** The kernel with its test seam: the debug build and the tests' build export this, the release build never. */
export * from './index';
export { alternateCoins } from './coin';
