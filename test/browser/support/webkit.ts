/** WebKitGTK (Debian's webkit2gtk-driver under Xvfb), driven by the W3C's WebDriver protocol alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { until } from './pages.js';

const DRIVER = process.env.KLL_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const XVFB = process.env.KLL_XVFB ?? '/usr/bin/Xvfb';

/** A browser with one window, in a session that remembers what its pages store until it ends. */
export class WebKit {
  private constructor(
    readonly session: string,
    readonly processes: ChildProcess[],
  ) {}

  static async launch(): Promise<WebKit> {
    // It takes a display that is free, and says which.
    const screen = spawn(XVFB, ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const processes = [screen];
    try {
      const display = await firstLine(screen);
      const port = await freePort();
      const driver = spawn(DRIVER, [`--port=${port}`], {
        stdio: 'ignore',
        env: { ...process.env, DISPLAY: `:${display}`, GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1' },
      });
      processes.push(driver);
      await Promise.race([started(driver), until(() => isReady(port))]);
      const { sessionId } = await command<{ sessionId: string }>('POST', `http://127.0.0.1:${port}/session`, {
        capabilities: { alwaysMatch: {} },
      });
      return new WebKit(`http://127.0.0.1:${port}/session/${sessionId}`, processes);
    } catch (error) {
      for (const one of processes) one.kill('SIGKILL');
      throw error;
    }
  }

  /** Goes to an address, and waits until it is loaded. */
  async visit(url: string): Promise<void> {
    await command('POST', `${this.session}/url`, { url });
  }

  /** What a function gives when it runs in the page. */
  async evaluate<T, A>(run: (argument: A) => T, argument?: A): Promise<Awaited<T>> {
    const script = `const done = arguments[1];
      Promise.resolve(arguments[0]).then(${run}).then(
        (value) => done({ value }), (error) => done({ thrown: String(error) }));`;
    const { value, thrown } = await command<{ value: Awaited<T>; thrown?: string }>(
      'POST',
      `${this.session}/execute/async`,
      { script, args: [argument ?? null] },
    );
    if (thrown) throw new Error(thrown);
    return value;
  }

  async close(): Promise<void> {
    await command('DELETE', this.session).catch(() => {});
    for (const one of this.processes.reverse()) {
      const ended = new Promise((resolve) => one.once('exit', resolve));
      if (one.exitCode === null && one.kill()) await ended;
    }
  }
}

/** Sends a command. @throws Error with what the driver says against it */
async function command<T>(method: string, url: string, body?: object): Promise<T> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`${method} ${url}: ${value.error}: ${value.message}`);
  return value;
}

async function isReady(port: number): Promise<boolean> {
  const { ready } = await command<{ ready: boolean }>('GET', `http://127.0.0.1:${port}/status`).catch(() => ({
    ready: false,
  }));
  return ready;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdio[3] as NodeJS.ReadableStream });
  const said = new Promise<string>((resolve) => lines.once('line', resolve));
  return await Promise.race([said, started(child)]);
}

/** Never done; fails when it does not start, or ends. */
function started(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
