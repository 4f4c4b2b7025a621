/** Core Web Vitals and their companions, measured by the `web-vitals` package, which the page brings along. */
import { Exemplars } from '../exemplars.js';
import { within } from '../options.js';
import type { Source } from './source.js';

/** What is used of a metric of `web-vitals`. */
export interface Vital {
  name: string;
  value: number;
  id: string;
  navigationURL?: string | undefined;
  navigationType?: string | undefined;
  attribution?: object;
}

type OnVital = (report: (metric: Vital) => void, options?: object) => void;

/** The module `web-vitals`, or `web-vitals/attribution` for exemplars: version 4 or later. */
export interface WebVitalsModule {
  onCLS?: OnVital;
  onFCP?: OnVital;
  onINP?: OnVital;
  onLCP?: OnVital;
  onTTFB?: OnVital;
}

export interface WebVitalsOptions {
  /** Whether soft navigations count as pages, where package and browser know them. Default true. */
  softNavigations?: boolean;
  /**
   * How many of the slowest values of each metric travel with what was slow, 0..10: series named `lcp_exemplar` and so on,
   * of one value each, with the label `attribution`, a selector without its ids. Needs `web-vitals/attribution`. Default 0.
   */
  exemplars?: number;
}

/** Where the attribution build says what was slow. */
const TARGETS = ['target', 'interactionTarget', 'largestShiftTarget'] as const;

/**
 * The series `lcp`, `inp`, `fcp`, `ttfb` (ms) and `cls` (a score). A metric enters **once per metric id**, with the value
 * it has when `web-vitals` first reports that id: LCP when it is settled, CLS and INP when the page is first hidden, all of
 * them when a soft navigation ends or a page comes back from the back/forward cache and leaves again. What changes
 * after a first hide is not sent: a page cannot know whether it will be seen again, and what was sent cannot be taken back.
 * @throws SketchArgumentError ERR_ARGUMENT_RANGE
 */
export function webVitals(module: WebVitalsModule, options: WebVitalsOptions = {}): Source {
  const { softNavigations = true, exemplars = 0 } = options;
  within('exemplars', exemplars, 0, 10);
  return (target) => {
    const slowest = exemplars ? new Exemplars(exemplars) : undefined;
    if (slowest) target.extra((now) => slowest.take(now));
    // Not all versions say where a value belongs, and the click that settles LCP may be the one that a router follows.
    const landed = location.href;
    let isActive = true;
    const entered = new Set<string>();
    const report = ({ name, value, id, navigationURL, navigationType, attribution }: Vital) => {
      if (!isActive || entered.has(id)) return;
      entered.add(id);
      const series = name.toLowerCase();
      // It belongs to the page that was navigated to, wherever the user is by now.
      const url = navigationType === 'back-forward-cache' ? location.href : landed;
      const labels = target.labelsAt(navigationURL ?? url);
      // Labels that only the present page has are not its own.
      const others = Object.keys(target.labelsAt(location.href)).map((key) => [key, undefined]);
      target.record(series, value, { ...Object.fromEntries(others), ...labels });
      const details = (attribution ?? {}) as Record<string, unknown>;
      const key = TARGETS.find((key) => typeof details[key] === 'string');
      if (key && slowest)
        target.guard(() =>
          slowest.offer(series, value, target.clean(labels), String(details[key]), performance.now()),
        );
    };
    for (const on of [module.onCLS, module.onFCP, module.onINP, module.onLCP, module.onTTFB]) {
      on?.(report, { reportSoftNavs: softNavigations });
    }
    return () => {
      isActive = false;
    };
  };
}
