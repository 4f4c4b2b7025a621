/** A run in which no test ends any more names what began, and ends. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TestCase, TestModule } from 'vitest/node';
import StallReporter, { STOOD_STILL } from '../../build/stall-reporter.js';

const MINUTE_MS = 60_000;
const file = { type: 'module', relativeModuleId: 'test/a.test.ts' } as TestModule;
const called = (fullName: string) => ({ type: 'test', fullName, module: file }) as TestCase;

let told: string[];
let exits: unknown[];
let reporter: StallReporter;

beforeEach(() => {
  told = [];
  exits = [];
  vi.useFakeTimers();
  vi.spyOn(console, 'log').mockImplementation((line) => told.push(line));
  vi.spyOn(process, 'exit').mockImplementation((status) => exits.push(status) as never);
  reporter = new StallReporter();
  reporter.onTestRunStart();
  reporter.onTestModuleStart(file);
});

afterEach(() => {
  reporter.onTestRunEnd();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('says nothing while tests end, however long the run is', () => {
  for (let i = 0; i < 60; i++) {
    reporter.onTestCaseReady(called(`is ${i}`));
    vi.advanceTimersByTime(MINUTE_MS);
    reporter.onTestCaseResult(called(`is ${i}`));
  }
  expect([told, exits]).toEqual([[], []]);
});

it('names the files and tests that have begun and not ended', () => {
  const slow = called('takes long');
  const quick = called('is done');
  for (const test of [slow, quick]) reporter.onTestCaseReady(test);
  reporter.onTestCaseResult(quick);
  vi.advanceTimersByTime(2 * MINUTE_MS);
  expect(told).toEqual([
    expect.stringMatching(
      /^no test ended for 9\d s; begun: test\/a\.test\.ts, test\/a\.test\.ts > takes long$/,
    ),
  ]);
  expect(exits).toEqual([]);
});

it('ends a run that stands still between two files', () => {
  reporter.onTestModuleEnd(file);
  vi.advanceTimersByTime(8 * MINUTE_MS);
  expect(exits).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(exits).toContain(STOOD_STILL);
  expect(told.at(-1)).toMatch(/^no test ended for 4[89]\d s; begun: none$/);
});

it('leaves a test its own time, and ends a run whose test has outlasted it', () => {
  reporter.onTestCaseReady(called('takes half an hour'));
  vi.advanceTimersByTime(30 * MINUTE_MS);
  expect(exits).toEqual([]);
  vi.advanceTimersByTime(2 * MINUTE_MS);
  expect(exits).toContain(STOOD_STILL);
});

it('is silent once the run is over', () => {
  reporter.onTestRunEnd();
  vi.advanceTimersByTime(60 * MINUTE_MS);
  expect([told, exits]).toEqual([[], []]);
});
