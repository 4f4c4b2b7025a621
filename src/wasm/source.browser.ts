/** Where the kernel comes from in pages: a smaller one lies in the script, which leaves images to be decoded to JavaScript. */
import { bytes } from '../../dist/kernel/page.latin1.js';
import { instantiateEmbedded } from './embedded.js';

export enum Takes {
  images = 0,
}

export const instantiateKernel = () => instantiateEmbedded(bytes);
