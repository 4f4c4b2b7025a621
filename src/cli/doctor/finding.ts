/** What a check of `kll doctor` found. */

export type Verdict = 'ok' | 'warn' | 'fail';

export interface Finding {
  area: 'environment' | 'version' | 'configuration' | 'self-test' | 'connectivity' | 'saturation' | 'store';
  name: string;
  verdict: Verdict;
  /** What was found, and what was expected where that is not it. */
  found: string;
}

/** Makes findings of an area. */
export function findingsOf(area: Finding['area']) {
  return (name: string, verdict: Verdict | boolean, found: string): Finding => ({
    area,
    name,
    verdict: verdict === true ? 'ok' : verdict === false ? 'fail' : verdict,
    found,
  });
}
