/** Prometheus and Alertmanager of Debian's packages, with the files of examples/observability, before a running edge. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { filesOf } from '../check/known.js';
import { scaleConfiguration, scaled, scaledRules } from './scaled-rules.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/observability');
const START_MS = 30_000;
/** Prometheus looks back so far for a sample, unless told otherwise. */
const LOOK_BACK = '5m';

export interface MonitoringOptions {
  /** A folder for data, configuration and tokens. */
  folder: string;
  edge: { port: number; token: string };
  /** What durations are divided by. */
  factor: number;
}

export interface FiringAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: 'pending' | 'firing';
}

export interface Monitoring {
  /** Of Prometheus. */
  url: string;
  /** Of Alertmanager. */
  alertmanagerUrl: string;
  /** An answer of Prometheus' HTTP API: what is under `data`. */
  api<T>(path: string): Promise<T>;
  /** Alerts that fire now, pending ones left out. */
  firing(): Promise<FiringAlert[]>;
  /** What Alertmanager delivered, oldest first: to whom, in which state. */
  delivered: { receiver: string; status: 'firing' | 'resolved'; alertname: string }[];
  end(): Promise<void>;
}

export async function startMonitoring({ folder, edge, factor }: MonitoringOptions): Promise<Monitoring> {
  mkdirSync(folder, { recursive: true });
  const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
  const delivered: Monitoring['delivered'] = [];
  const receiver = await receiveInto(delivered);

  for (const file of filesOf('ops/alerts', '.rules.yaml')) {
    writeFileSync(
      join(folder, file.split('/').pop() as string),
      scaledRules(readFileSync(ROOT + file, 'utf8'), factor),
    );
  }
  for (const file of ['metrics.token', 'query.token']) {
    writeFileSync(join(folder, file), edge.token, { mode: 0o600 });
  }
  const prometheusYml = parse(readFileSync(join(EXAMPLE, 'prometheus.yml'), 'utf8'));
  scaleConfiguration(prometheusYml, factor);
  prometheusYml.rule_files = ['*.rules.yaml'];
  prometheusYml.alerting.alertmanagers = [
    { static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] },
  ];
  for (const job of prometheusYml.scrape_configs)
    job.static_configs = [{ targets: [`127.0.0.1:${edge.port}`] }];
  writeFileSync(join(folder, 'prometheus.yml'), stringify(prometheusYml));

  const alertmanagerYml = parse(readFileSync(join(EXAMPLE, 'alertmanager.yml'), 'utf8'));
  scaleConfiguration(alertmanagerYml, factor);
  for (const { name, webhook_configs } of alertmanagerYml.receivers) {
    for (const webhook of webhook_configs) webhook.url = `${receiver.url}/${name}`;
  }
  writeFileSync(join(folder, 'alertmanager.yml'), stringify(alertmanagerYml));

  const running = [
    start('prometheus-alertmanager', [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
    ]),
    start('prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
      `--query.lookback-delta=${scaled(LOOK_BACK, factor)}`,
      `--rules.alert.resend-delay=${scaled('1m', factor)}`,
    ]),
  ];
  const url = `http://127.0.0.1:${prometheusPort}`;
  const alertmanagerUrl = `http://127.0.0.1:${alertmanagerPort}`;
  const end = async () => {
    await Promise.all(running.map((one) => one.end()));
    receiver.close();
  };
  try {
    for (const [index, at] of [alertmanagerUrl, url].entries()) await running[index].ready(`${at}/-/ready`);
  } catch (error) {
    await end();
    throw error;
  }
  const api = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}`);
    const answer = (await response.json()) as { data: T; error?: string };
    if (!response.ok) throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  };
  return {
    url,
    alertmanagerUrl,
    api,
    firing: async () =>
      (await api<{ alerts: FiringAlert[] }>('alerts')).alerts.filter(({ state }) => state === 'firing'),
    delivered,
    end,
  };
}

/** A process that says nothing unless it ends before it is ready. */
function start(command: string, args: string[]) {
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    log = (log + bytes.toString()).slice(-8000);
  });
  let fault: string | undefined;
  child.once('error', ({ message }) => {
    fault = `${command} does not start (${message}): apt-get install prometheus prometheus-alertmanager`;
  });
  const isOver = () => fault !== undefined || child.exitCode !== null || child.signalCode !== null;
  return {
    async ready(url: string): Promise<void> {
      for (const began = Date.now(); Date.now() - began < START_MS; ) {
        if (isOver()) break;
        if ((await fetch(url).catch(() => undefined))?.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(fault ?? `${command} is not ready:\n${log}`);
    },
    async end(): Promise<void> {
      if (isOver()) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Whom Alertmanager tells: the last part of the path is the receiver's name. */
async function receiveInto(delivered: Monitoring['delivered']) {
  const server = createHttpServer(async (request, response) => {
    let text = '';
    for await (const bytes of request) text += bytes;
    const { alerts } = JSON.parse(text) as {
      alerts: { status: 'firing' | 'resolved'; labels: { alertname: string } }[];
    };
    const receiver = request.url?.slice(1) ?? '';
    for (const { status, labels } of alerts)
      delivered.push({ receiver, status, alertname: labels.alertname });
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
