/** The kernel of servers: that of pages, and what only those need who merge what many pages sent. */
export * from './page';
export { decodeImage } from './image';
