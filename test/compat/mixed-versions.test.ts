/**
 * While a version is rolled out, Workers and objects of two versions talk to each other. Here they do: requests and each class
 * of objects in the code of either build, in every combination, one after the other over the same data.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Cast, EdgeStory, onlyOf } from './edge-story.js';
import { type Build, buildAtHand, previousVersion, type UnpackedBuild, unpackRelease } from './release.js';

const PARTS = ['worker', 'DIRECTORY', 'INGEST', 'SERIES'] as const;

let atHand: Build;
let previous: UnpackedBuild;
let story: EdgeStory;
beforeAll(async () => {
  atHand = await buildAtHand();
  previous = await unpackRelease(previousVersion());
});
afterEach(async () => await story.close());
afterAll(() => previous?.remove());

/** Every combination; from each to the next one part changes its version (Gray's code). */
function casts(): { title: string; cast: Cast }[] {
  return Array.from({ length: 2 ** PARTS.length }, (_, i) => {
    const code = i ^ (i >> 1);
    const builds = PARTS.map((_, part) => ((code >> part) & 1 ? atHand : previous));
    const title = PARTS.map((part, at) => `${part} ${builds[at] === atHand ? 'at hand' : 'before'}`).join(
      ', ',
    );
    const cast = Object.fromEntries(PARTS.map((part, at) => [part, builds[at].worker])) as Cast;
    return { title, cast };
  });
}

it('counts every value once, whichever versions the Worker and each class of objects have', async () => {
  story = new EdgeStory(21);
  await story.begin(onlyOf(previous.worker));
  await story.configure();
  const told: string[] = [];
  for (const { title, cast } of casts()) {
    try {
      await story.begin(cast);
      if (told.length > 0) {
        await story.repeatSome(2);
        await story.expectTruth();
      }
      await story.ingest(6);
      await story.expectTruth();
      await story.handedOver();
      await story.expectTruth();
      const isSeen = await story.snapshot(`with-${told.length}`);
      // Rings change while versions are mixed: new owners ask former ones.
      await story.configure({ ingest: 2 + (told.length % 3), series: 2 + (told.length % 2) });
      await story.repeatSome(4);
      await story.ingest(2);
      await isSeen();
      await story.expectTruth();
      told.push(title);
    } catch (error) {
      throw new Error(`${title}: ${error}`, { cause: error });
    }
  }
  expect(new Set(told).size).toBe(16);
  expect(story.truth.values.length).toBeGreaterThan(10_000);
}, 240_000);
