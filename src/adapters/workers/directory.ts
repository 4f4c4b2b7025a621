/** The one object that knows tenants, their rings and their keys. What is asked often goes through directory-cache.ts. */
import type { EdgeBindings } from './bindings.js';

export const directoryOf = ({ DIRECTORY }: EdgeBindings) => DIRECTORY.getByName('directory');
