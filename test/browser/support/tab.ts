/**
 * A tab as a user has it. Pages that playwright opens are told that they are always seen; this one is driven by the
 * browser's own protocol alone, so that it is hidden, frozen and kept in the back/forward cache as the browser does it.
 */
import type { Browser, CDPSession } from 'playwright-core';
import { until } from './pages.js';

interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string };
}

interface Evaluated {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

/** Tabs of one profile: what they store, they share. */
export class Profile {
  private constructor(
    readonly root: CDPSession,
    readonly id: string | undefined,
  ) {}

  /** A profile of its own, gone with the browser. */
  static async create(browser: Browser): Promise<Profile> {
    const root = await browser.newBrowserCDPSession();
    const { browserContextId } = await root.send('Target.createBrowserContext');
    return new Profile(root, browserContextId);
  }

  /** A tab in a window of its own, or beside the others of the window that was used last. */
  async open(url: string, { newWindow = false } = {}): Promise<Tab> {
    const { targetId } = await this.root.send('Target.createTarget', {
      url: 'about:blank',
      newWindow,
      ...(this.id === undefined ? {} : { browserContextId: this.id }),
    });
    const { sessionId } = await this.root.send('Target.attachToTarget', { targetId, flatten: false });
    const tab = new Tab(this.root, targetId, sessionId);
    await tab.send('Page.enable');
    await tab.visit(url);
    return tab;
  }

  async close(): Promise<void> {
    if (this.id !== undefined) {
      await this.root.send('Target.disposeBrowserContext', { browserContextId: this.id });
    }
    await this.root.detach();
  }
}

export class Tab {
  #lastId = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  constructor(
    readonly root: CDPSession,
    readonly targetId: string,
    readonly sessionId: string,
  ) {
    root.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
      if (sessionId !== this.sessionId) return;
      const answer = JSON.parse(message) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  /** A command of the page's own session. */
  async send<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.root.send('Target.sendMessageToTarget', { sessionId: this.sessionId, message });
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }

  /** What a function gives when it runs in the page. */
  async evaluate<T, A>(run: (argument: A) => T, argument?: A): Promise<Awaited<T>> {
    const expression = `(${run})(${JSON.stringify(argument)})`;
    const { result, exceptionDetails } = await this.send<Evaluated>('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value as Awaited<T>;
  }

  /** Goes to an address as by its bar, and waits for its document. */
  async visit(url: string): Promise<void> {
    await this.send('Page.navigate', { url });
    await until(async () => (await this.#address()) === url);
  }

  /** One step back in the history, and waits for its document. */
  async back(): Promise<void> {
    const { currentIndex, entries } = await this.send<{
      currentIndex: number;
      entries: { id: number; url: string }[];
    }>('Page.getNavigationHistory');
    const { id, url } = entries[currentIndex - 1];
    await this.send('Page.navigateToHistoryEntry', { entryId: id });
    await until(async () => (await this.#address()) === url);
  }

  async setWindow(windowState: 'minimized' | 'normal'): Promise<void> {
    const { windowId } = await this.root.send('Browser.getWindowForTarget', { targetId: this.targetId });
    await this.root.send('Browser.setWindowBounds', { windowId, bounds: { windowState } });
  }

  /** As a browser does with tabs that have been hidden for long, and back. */
  async setFrozen(isFrozen: boolean): Promise<void> {
    await this.send('Page.setWebLifecycleState', { state: isFrozen ? 'frozen' : 'active' });
  }

  /** Puts it before the other tabs of its window. */
  async bringToFront(): Promise<void> {
    await this.root.send('Target.activateTarget', { targetId: this.targetId });
  }

  /** Closes it as a user does: the page is told, and has no time left. Done when it is gone. */
  async close(): Promise<void> {
    const gone = this.#gone();
    await this.send('Page.close').catch(() => {});
    await gone;
  }

  /** Ends its process: the page is told nothing. */
  async kill(): Promise<void> {
    const crashed = new Promise<void>((resolve) =>
      this.root.on('Target.targetCrashed', ({ targetId }) => targetId === this.targetId && resolve()),
    );
    await this.root.send('Target.setDiscoverTargets', { discover: true });
    // A process that is gone answers nothing.
    void this.send('Page.crash').catch(() => {});
    await crashed;
  }

  async #gone(): Promise<void> {
    await this.root.send('Target.setDiscoverTargets', { discover: true });
    await new Promise<void>((resolve) =>
      this.root.on('Target.targetDestroyed', ({ targetId }) => targetId === this.targetId && resolve()),
    );
  }

  /** The address of its document, once that has been read whole. */
  async #address(): Promise<string> {
    // Between two documents there is nothing to ask.
    const [state, address] = await this.evaluate(() => [document.readyState, location.href]).catch(() => []);
    return state === 'complete' ? address : '';
  }
}
