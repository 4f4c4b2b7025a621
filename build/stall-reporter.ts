/**
 * A reporter that ends a run in which nothing ends any more. What stands still outside of a test (a pool that waits for an
 * answer that does not come) says nothing by itself, and no timeout of a test reaches it.
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Exit status of a run that stood still. */
export const STOOD_STILL = 75;
/** Without the end of a test for so long, what has begun is named. */
const NAMED_MS = 90_000;
/** For so long, and the run is ended: between tests, where no timeout reaches, and longer than any test has (test/browser/pages). */
const ENDED_MS = { betweenTests: 480_000, inTest: 1_860_000 };
const LOOK_MS = 5_000;

export default class StallReporter implements Reporter {
  /** Files and tests that began and have not ended. */
  readonly #running = new Set<TestModule | TestCase>();
  #lastEnd = performance.now();
  #lastNamed = this.#lastEnd;
  #timer: NodeJS.Timeout | undefined;

  onTestRunStart(): void {
    this.#ended();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  onTestModuleStart(module: TestModule): void {
    this.#running.add(module);
  }

  onTestCaseReady(test: TestCase): void {
    this.#running.add(test);
  }

  onTestCaseResult(test: TestCase): void {
    this.#ended(test);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#ended(module);
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
  }

  #ended(what?: TestModule | TestCase): void {
    if (what) this.#running.delete(what);
    this.#lastEnd = this.#lastNamed = performance.now();
  }

  #look(): void {
    const now = performance.now();
    const isInTest = [...this.#running].some(({ type }) => type === 'test');
    const isOver = now - this.#lastEnd > (isInTest ? ENDED_MS.inTest : ENDED_MS.betweenTests);
    if (!isOver && now - this.#lastNamed < NAMED_MS) return;
    this.#lastNamed = now;
    const names = [...this.#running].map((what) =>
      what.type === 'test' ? `${what.module.relativeModuleId} > ${what.fullName}` : what.relativeModuleId,
    );
    const seconds = Math.round((now - this.#lastEnd) / 1000);
    console.log(`no test ended for ${seconds} s; begun: ${names.join(', ') || 'none'}`);
    if (isOver) process.exit(STOOD_STILL);
  }
}
