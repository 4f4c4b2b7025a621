/**
 * What an object does not do, as an answer: an error that crosses a call is logged with its stack by the platform, as if
 * something were broken.
 */
import type { Refusal } from './contract.js';
import { refuse } from './problem.js';

/** @throws Problem 409, or 404 for what is not there */
export function granted<Answer extends object>(answer: Answer | Refusal): Exclude<Answer, Refusal> {
  if (!('refused' in answer)) return answer as Exclude<Answer, Refusal>;
  return refuse(answer.refused === 'ERR_NOT_FOUND' ? 404 : 409, answer.refused, answer.detail);
}
