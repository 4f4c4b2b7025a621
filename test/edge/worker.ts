/** The Worker of the tests: the classes of the objects, called by their stubs alone. */
export { DirectoryObject } from '../../src/adapters/workers/directory-object.js';
export { IngestObject } from '../../src/adapters/workers/ingest-object.js';
export { SeriesObject } from '../../src/adapters/workers/series-object.js';

export default {} satisfies ExportedHandler;
