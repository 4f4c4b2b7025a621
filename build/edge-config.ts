/**
 * The configuration of `workerd serve` for the edge: the built Worker, its objects with SQLite on the local disk, one
 * socket. Text of Cap'n Proto (workerd's own language); paths in it are relative to the file.
 */
import { join } from 'node:path';

export interface EdgeConfig {
  /** host:port of the socket; port 0 takes any that is free. */
  address: string;
  /** Files of the Worker: the main script first, then what it imports. */
  modules: readonly string[];
  /** Where they lie, relative to the configuration. */
  modulesFolder: string;
  /** Absolute path of the folder that holds the objects. */
  storage: string;
  /** Text bindings taken from the environment of workerd, by name. */
  fromEnvironment: readonly string[];
  compatibilityDate: string;
}

/**
 * Unique keys of the classes: whoever changes one loses what its objects have stored.
 */
const CLASSES = [
  ['DIRECTORY', 'DirectoryObject', 'kll-wasm-directory'],
  ['INGEST', 'IngestObject', 'kll-wasm-ingest'],
  ['SERIES', 'SeriesObject', 'kll-wasm-series'],
] as const;

export function edgeConfig({
  address,
  modules,
  modulesFolder,
  storage,
  fromEnvironment,
  compatibilityDate,
}: EdgeConfig): string {
  const files = modules.map((file) =>
    file.endsWith('.wasm')
      ? `(name = ${quoted(`./${file}`)}, wasm = embed ${quoted(join(modulesFolder, file))})`
      : `(name = ${quoted(file)}, esModule = embed ${quoted(join(modulesFolder, file))})`,
  );
  const bindings = [
    ...CLASSES.map(([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`),
    ...fromEnvironment.map((name) => `(name = ${quoted(name)}, fromEnvironment = ${quoted(name)})`),
  ];
  const namespaces = CLASSES.map(
    ([, className, key]) => `(className = "${className}", uniqueKey = "${key}", enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "storage", disk = (path = ${quoted(storage)}, writable = true)),
  ],
  sockets = [(name = "http", address = ${quoted(address)}, http = (), service = "edge")],
);

const edge :Workerd.Worker = (
  compatibilityDate = ${quoted(compatibilityDate)},
  modules = [
    ${files.join(',\n    ')},
  ],
  bindings = [
    ${bindings.join(',\n    ')},
  ],
  durableObjectNamespaces = [
    ${namespaces.join(',\n    ')},
  ],
  durableObjectStorage = (localDisk = "storage"),
);
`;
}

/** Text of Cap'n Proto has the escapes of JSON. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
