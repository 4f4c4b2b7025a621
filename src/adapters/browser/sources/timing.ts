/** What the performance timeline tells of the page's loading and its work. */
import { routeTemplate } from '../labels.js';
import { observe, type Source } from './source.js';

/**
 * Milestones of the page's own navigation, milliseconds from its start (or from when a prerendered page was shown):
 * `navigation_response`, `navigation_interactive`, `navigation_content_loaded`, `navigation_load`.
 */
export function navigationTiming(): Source {
  return ({ record }) => {
    let isTaken = false;
    return observe<PerformanceNavigationTiming & { activationStart?: number }>('navigation', (entry) => {
      // While the page loads, Chromium gives the entry as it stands, and once more when it is finished.
      if (isTaken || !entry.loadEventEnd) return;
      isTaken = true;
      const start = entry.activationStart ?? 0;
      const milestones = {
        response: entry.responseEnd,
        interactive: entry.domInteractive,
        content_loaded: entry.domContentLoadedEventEnd,
        load: entry.loadEventEnd,
      };
      for (const [name, at] of Object.entries(milestones)) {
        if (at) record(`navigation_${name}`, Math.max(0, at - start));
      }
    });
  };
}

/** Durations of what the page loads, `resource` in milliseconds, with the label `type` (script, img, css, fetch ...). */
export function resourceTiming(): Source {
  return ({ record, endpoint }) =>
    observe<PerformanceResourceTiming>('resource', ({ name, initiatorType, duration }) => {
      if (!isAt(name, endpoint)) record('resource', duration, { type: initiatorType || 'other' });
    });
}

/** Tasks of 50 ms and more: `longtask`, in milliseconds. */
export function longTasks(): Source {
  return ({ record }) => observe('longtask', ({ duration }) => record('longtask', duration));
}

export interface FetchDurationsOptions {
  /** The template of a request's URL, or nothing to leave it out. Default: that of its path; `other` at another origin. */
  template?: (url: URL) => string | undefined;
}

/** Durations of fetch and XMLHttpRequest: `fetch` in milliseconds, with the label `target`. Nothing is wrapped. */
export function fetchDurations({ template = ofPath }: FetchDurationsOptions = {}): Source {
  return ({ record, guard, endpoint }) =>
    observe<PerformanceResourceTiming>('resource', ({ name, initiatorType, duration }) => {
      if (isAt(name, endpoint) || !/^(fetch|xmlhttprequest)$/.test(initiatorType)) return;
      const target = guard(() => template(new URL(name)));
      if (target !== undefined) record('fetch', duration, { target });
    });
}

/** Whether two addresses are the same resource: a request goes without its fragment. */
function isAt(a: string, b: string): boolean {
  return a.split('#', 1)[0] === b.split('#', 1)[0];
}

function ofPath(url: URL): string {
  return url.origin === location.origin ? routeTemplate(url.pathname) : 'other';
}
