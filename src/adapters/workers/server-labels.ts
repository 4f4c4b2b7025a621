/** Labels that the server takes from the request: where it came from and on what, never who. */
import type { EdgeEnv } from './env.js';
import type { Labels } from './series-key.js';
import { namesOf } from './variables.js';

/** @returns what KLL_SERVER_LABELS names of 'country' and 'device' */
export function serverLabels(request: Request, env: EdgeEnv): Labels {
  const wanted = namesOf(env.KLL_SERVER_LABELS);
  const labels: Record<string, string> = {};
  // The platform's own finding: a header could be anybody's.
  const country = (request as Request<unknown, IncomingRequestCfProperties>).cf?.country;
  if (wanted.includes('country')) labels.country = country ?? 'unknown';
  if (wanted.includes('device')) labels.device = deviceClass(request.headers.get('user-agent') ?? '');
  return labels;
}

/** Five classes, told by the words that browsers themselves send; a class, not a fingerprint. */
function deviceClass(userAgent: string): 'bot' | 'tablet' | 'mobile' | 'desktop' | 'other' {
  if (/bot\b|crawl|spider|headless/i.test(userAgent)) return 'bot';
  if (/ipad|tablet|android(?!.*mobile)/i.test(userAgent)) return 'tablet';
  if (/mobi|iphone|android/i.test(userAgent)) return 'mobile';
  if (/windows|macintosh|linux|cros/i.test(userAgent)) return 'desktop';
  return 'other';
}
