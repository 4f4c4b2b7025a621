/** What goes into an image of the edge: `COPY . .` takes whatever .dockerignore does not name. */
import { expect, it } from 'vitest';
import { read } from '../../ops/check/known.js';

const linesOf = (path: string) =>
  read(path)
    .split('\n')
    .map((line) => line.replace(/\/$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));

it('leaves out secrets, the data of an edge, the history, and what the host has installed and built', () => {
  expect(read('ops/self-host/Dockerfile')).toContain('COPY . .');
  const left = linesOf('.dockerignore');
  expect(left).toEqual(
    expect.arrayContaining(['.git', '.kll-edge', '**/*.token', '**/*.env', '**/node_modules', 'dist']),
  );
  // What git ignores by folder, an image does: nothing of it is the project.
  const folders = linesOf('.gitignore').filter((line) => !/[*!/]/.test(line));
  expect(folders.filter((folder) => !left.some((line) => line.replace('**/', '') === folder))).toEqual([]);
});
