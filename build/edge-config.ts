/**
 * The configuration of `workerd serve` for the edge: the built Worker, its objects with SQLite on the local disk, one
 * socket. Text of Cap'n Proto (workerd's own language); paths in it are relative to the file.
 */
import { join } from 'node:path';

export interface EdgeConfig {
  /** host:port of the socket; port 0 takes any that is free. */
  address: string;
  /** Bundles that take part, each a service; the first one answers requests. */
  bundles: readonly Bundle[];
  /** The bundle whose code runs the objects of a class, by its place among them; default the first. */
  places?: Partial<Record<ObjectBinding, number>>;
  /** Absolute path of the folder that holds the objects. */
  storage: string;
  /** Text bindings taken from the environment of workerd, by name. */
  fromEnvironment: readonly string[];
  compatibilityDate: string;
}

export interface Bundle {
  /** Files of the Worker: the main script first, then what it imports. */
  modules: readonly string[];
  /** Where they lie, relative to the configuration. */
  modulesFolder: string;
}

/**
 * Unique keys of the classes: whoever changes one loses what its objects have stored.
 */
const CLASSES = [
  ['DIRECTORY', 'DirectoryObject', 'kll-wasm-directory'],
  ['INGEST', 'IngestObject', 'kll-wasm-ingest'],
  ['SERIES', 'SeriesObject', 'kll-wasm-series'],
] as const;
/** Name of the binding of a class of objects. */
export type ObjectBinding = (typeof CLASSES)[number][0];

export function edgeConfig({
  address,
  bundles,
  places = {},
  storage,
  fromEnvironment,
  compatibilityDate,
}: EdgeConfig): string {
  const bindings = [
    ...CLASSES.map(
      ([name, className]) =>
        `(name = "${name}", durableObjectNamespace = (className = "${className}", serviceName = "${serviceName(places[name])}"))`,
    ),
    ...fromEnvironment.map((name) => `(name = ${quoted(name)}, fromEnvironment = ${quoted(name)})`),
  ];
  const services = bundles.map((_, place) => `(name = "${serviceName(place)}", worker = .worker${place}),`);
  const workers = bundles.map((bundle, place) => {
    const namespaces = CLASSES.filter(([name]) => (places[name] ?? 0) === place).map(
      ([, className, key]) => `(className = "${className}", uniqueKey = "${key}", enableSql = true),`,
    );
    return `const worker${place} :Workerd.Worker = (
  compatibilityDate = ${quoted(compatibilityDate)},
  modules = [
    ${filesOf(bundle).join(',\n    ')},
  ],
  bindings = [
    ${bindings.join(',\n    ')},
  ],
  durableObjectNamespaces = [
    ${namespaces.join('\n    ')}
  ],
  durableObjectStorage = (localDisk = "storage"),
);
`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ${services.join('\n    ')}
    (name = "storage", disk = (path = ${quoted(storage)}, writable = true)),
  ],
  sockets = [(name = "http", address = ${quoted(address)}, http = (), service = "${serviceName()}")],
);

${workers.join('\n')}`;
}

function serviceName(place = 0): string {
  return place === 0 ? 'edge' : `edge-${place}`;
}

/** What the Worker is made of, as its modules. */
export function filesOf({ modules, modulesFolder }: Bundle): string[] {
  return modules.map((file) =>
    file.endsWith('.wasm')
      ? `(name = ${quoted(`./${file}`)}, wasm = embed ${quoted(join(modulesFolder, file))})`
      : `(name = ${quoted(file)}, esModule = embed ${quoted(join(modulesFolder, file))})`,
  );
}

/** Text of Cap'n Proto has the escapes of JSON. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
