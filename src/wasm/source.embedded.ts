/** Where the kernel comes from by default: its bytes lie in the script. */
import { bytes } from '../../dist/kernel/release.latin1.js';
import { instantiateEmbedded } from './embedded.js';

/** Whether this kernel takes images as they are: an enumeration, so that bundles lose what it rules out. */
export enum Takes {
  images = 1,
}

export const instantiateKernel = () => instantiateEmbedded(bytes);
