/** Calls of the edge's HTTP interface: who asks, what is tried again, and refusals in the form of every other error. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { withJson } from '../arguments.js';
import { CliError, EXIT, type ExitCode, usageError } from '../exit.js';

/** Options of every verb that calls an edge. */
export interface EdgeArguments {
  url?: string;
  token?: string;
  progress?: boolean;
  json?: boolean;
}

export function withEdge(command: Command, url = 'where the edge answers (default: $KLL_URL)'): Command {
  return withJson(
    command
      .option('--url <url>', url)
      .option('--token <token>', 'token with scope admin (default: $KLL_TOKEN)')
      .option('--progress', 'say how far it has come, even where standard error is no terminal'),
  );
}

export interface EdgeRequest {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  json?: object;
  /** Sent as it is, of this content type. */
  body?: Uint8Array;
  contentType?: string;
  /** What is not to be waited for any longer, milliseconds; default: as long as it takes. */
  timeoutMs?: number;
}

/** Waits before a request is sent again, milliseconds. Every request that kll makes may be repeated. */
const WAITS_MS = [500, 1000, 2000, 4000];
const LONGEST_WAIT_MS = 30_000;

/** What the edge answers to a request that it does not carry out. */
interface ProblemDocument {
  code?: string;
  detail?: string;
  faults?: readonly { detail?: string; position?: number | string }[];
}

export class EdgeClient {
  /** Without a slash at its end; a path in it stays before those of the edge. */
  readonly #base: string;
  readonly #token: string | undefined;
  /** It has answered: from now on silence is worth a second try. */
  #isKnown = false;

  /** @throws CliError exit code 2 for an address or token that cannot be used */
  constructor({ url = process.env.KLL_URL, token = process.env.KLL_TOKEN }: EdgeArguments) {
    if (!url)
      throw usageError(
        'expected --url',
        'kll ... --url https://edge.example.com, or KLL_URL in the environment.',
      );
    this.#base = edgeBase(url);
    // Never quoted: errors end in logs.
    if (token !== undefined && !/^[\x21-\x7e]*$/.test(token.trim())) {
      throw usageError(
        '--token: expected one line of ASCII without spaces',
        'Is there a line break in it, or in KLL_TOKEN?',
      );
    }
    this.#token = token?.trim();
  }

  get url(): string {
    return this.#base;
  }

  /** @throws CliError for an answer that is no success, or no JSON */
  async json<T>(path: string, request: EdgeRequest = {}): Promise<T> {
    const response = await this.send(path, request);
    try {
      return (await response.json()) as T;
    } catch (error) {
      throw this.#unreadable(path, error);
    }
  }

  /** @throws CliError for an answer that is no success */
  async text(path: string, request: EdgeRequest = {}): Promise<string> {
    const response = await this.send(path, request);
    try {
      return await response.text();
    } catch (error) {
      throw this.#unreadable(path, error);
    }
  }

  /** @throws CliError for an answer that is no success, or breaks off */
  async bytes(path: string): Promise<Uint8Array> {
    const response = await this.send(path);
    try {
      return new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      throw this.#unreadable(path, error);
    }
  }

  /** The pieces of an answer as they come. @throws CliError where it breaks off */
  async *pieces(path: string): AsyncGenerator<Uint8Array> {
    const response = await this.send(path);
    try {
      const reader = response.body?.getReader();
      for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) yield read.value;
    } catch (error) {
      throw this.#unreadable(path, error);
    }
  }

  /**
   * Sends a request, and sends it again where the edge was busy or did not answer.
   * @returns an answer that is a success
   * @throws CliError exit code 4 where nobody answers or the edge cannot, 2 where it refuses, 3 where it refuses what was sent
   */
  async send(path: string, request: EdgeRequest = {}): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const wait = request.timeoutMs === undefined ? WAITS_MS[attempt] : undefined;
      let response: Response;
      try {
        response = await this.once(path, request);
      } catch (error) {
        if (wait === undefined || !(this.#isKnown || isBroken(error))) throw this.#unreachable(error);
        await sleep(wait);
        continue;
      }
      this.#isKnown = true;
      if (response.ok) return response;
      const mayComeRight = response.status === 429 || response.status === 503;
      if (!mayComeRight || wait === undefined) throw await refusalOf(response, request.method ?? 'GET', path);
      const asked = Number(response.headers.get('retry-after')) * 1000;
      await response.body?.cancel();
      await sleep(Math.min(LONGEST_WAIT_MS, Math.max(wait, asked || 0)));
    }
  }

  /** One request, whatever it is answered. @throws Error of fetch where nobody answers */
  async once(
    path: string,
    { method = 'GET', json, body, contentType, timeoutMs }: EdgeRequest,
  ): Promise<Response> {
    const headers: Record<string, string> = this.#token ? { authorization: `Bearer ${this.#token}` } : {};
    if (json) headers['content-type'] = 'application/json';
    else if (contentType) headers['content-type'] = contentType;
    const sent = json ? JSON.stringify(json) : body;
    return await fetch(this.#base + path, {
      method,
      headers,
      ...(sent === undefined ? {} : { body: sent as BodyInit }),
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
    });
  }

  #unreachable(error: unknown): CliError {
    return new CliError(EXIT.io, 'ERR_UNREACHABLE', `cannot reach ${this.#base}: ${reasonOf(error)}`);
  }

  #unreadable(path: string, error: unknown): CliError {
    return new CliError(
      EXIT.io,
      'ERR_ANSWER',
      `the answer to ${path} broke off or cannot be read: ${reasonOf(error)}`,
    );
  }
}

/**
 * The address of an edge without a slash at its end; paths of the edge follow.
 * @throws CliError exit code 2
 */
export function edgeBase(url: string): string {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw usageError(`--url: expected an http or https URL, found ${JSON.stringify(url)}`);
  }
  // Not quoted: errors end in logs. fetch refuses or drops these.
  if (base.username || base.password || base.search || base.hash) {
    throw usageError('--url: expected no user, password, query or fragment', 'A token goes to --token.');
  }
  return base.href.replace(/\/+$/, '');
}

/** Somebody was there, and the connection broke; an address where nobody is stays so. */
function isBroken(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** Why fetch failed: its own message says only that it did. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: unknown };
  if (!(cause instanceof Error)) return message;
  return cause.message || (cause as NodeJS.ErrnoException).code || message;
}

const HINTS: Readonly<Record<string, string>> = {
  ERR_UNAUTHENTICATED: 'Say --token, or KLL_TOKEN in the environment.',
  ERR_TOKEN: 'The token is signed with another secret, or has expired.',
  ERR_FORBIDDEN: "The token needs the scope admin; figures of the server need one of the operator's tenant.",
  ERR_NOT_EMPTY: '--add adds the backup to what is there; --replace forgets what is there first.',
  ERR_EXPORT: '--enable sets exportTo to pull: exports of the tenant go to this command.',
  ERR_SNAPSHOT: 'kll snapshot list says which there are.',
};

/** An answer that is no success, as an error: problem documents say why. */
export async function refusalOf(response: Response, method: string, path: string): Promise<CliError> {
  const { status } = response;
  const problem = (await response.json().catch(() => ({}))) as ProblemDocument;
  const { code = 'ERR_EDGE', detail = 'nothing that explains it', faults = [] } = problem;
  const first = faults[0]?.detail ? ` (${faults[0].position ?? ''}: ${faults[0].detail})` : '';
  return new CliError(
    exitCodeOf(status, code),
    code,
    `${method} ${path.split('?')[0]}: the edge answers ${status} ${code}: ${detail}${first}`,
    HINTS[code],
  );
}

function exitCodeOf(status: number, code: string): ExitCode {
  if (code === 'ERR_BODY' || code === 'ERR_BATCH') return EXIT.data;
  return status >= 400 && status < 500 && status !== 429 ? EXIT.usage : EXIT.io;
}
