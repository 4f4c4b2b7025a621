/** Light and dark: the system's choice until the reader makes one. */
import { attempt } from '../adapters/browser/attempt.js';
import { byId } from './elements.js';

const KEY = 'kll-theme';

/** @param changed called when the colours have changed */
export function applyTheme(changed: () => void): void {
  const button = byId<HTMLButtonElement>('theme');
  const system = matchMedia('(prefers-color-scheme: dark)');
  // Kept where the browser lets it be; as long as the page lives where it does not.
  let chosen = attempt(() => localStorage.getItem(KEY));
  const isDark = () => (chosen ?? (system.matches ? 'dark' : 'light')) === 'dark';
  const apply = () => {
    document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
    button.setAttribute('aria-pressed', String(isDark()));
    changed();
  };
  button.addEventListener('click', () => {
    const other = isDark() ? 'light' : 'dark';
    chosen = other;
    attempt(() => localStorage.setItem(KEY, other));
    apply();
  });
  system.addEventListener('change', apply);
  apply();
}
