/** The data of an edge between releases: a folder is opened by this build, by the release before, and by this build again. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EdgeStory, onlyOf } from './edge-story.js';
import { readManifest } from './manifest.js';
import {
  type Build,
  buildAtHand,
  COMPAT,
  previousVersion,
  recordedVersions,
  type UnpackedBuild,
  unpackRelease,
} from './release.js';

let atHand: Build;
let previous: UnpackedBuild;
let stories: EdgeStory[] = [];
beforeAll(async () => {
  atHand = await buildAtHand();
  previous = await unpackRelease(previousVersion());
});
afterEach(async () => {
  for (const story of stories) await story.close();
  stories = [];
});
afterAll(() => previous?.remove());

function newStory(seed: number): EdgeStory {
  const story = new EdgeStory(seed);
  stories.push(story);
  return story;
}

describe('an upgrade', () => {
  it('keeps every value, id and snapshot of the previous release, and so does the way back', async () => {
    const story = newStory(11);
    const snapshots: (() => Promise<void>)[] = [];
    await story.begin(onlyOf(previous.worker));
    await story.configure();
    for (const [chapter, build] of [previous, atHand, previous, atHand].entries()) {
      await story.begin(onlyOf(build.worker));
      // What the version before took last is pending still.
      if (chapter > 0) {
        await story.repeatSome(3);
        await story.expectTruth();
      }
      await story.ingest(10);
      await story.handedOver();
      await story.expectTruth();
      snapshots.push(await story.snapshot(`chapter-${chapter}`));
      // Rings and settings are read by the next version too.
      await story.configure({ ingest: 3 + chapter, series: 3 + chapter, imageK: 200 + chapter });
      await story.ingest(4);
      await story.expectTruth();
      for (const isSeen of snapshots) await isSeen();
    }
    await story.begin(onlyOf(previous.worker));
    await story.handedOver();
    await story.expectTruth();
    for (const isSeen of snapshots) await isSeen();
    expect(snapshots).toHaveLength(4);
    expect(story.truth.values.length).toBeGreaterThan(5000);
  }, 240_000);

  it('takes in backups of the previous release, and gives it backups', async () => {
    for (const [from, to] of [
      [previous, atHand],
      [atHand, previous],
    ]) {
      const source = newStory(12);
      await source.begin(onlyOf(from.worker));
      await source.configure();
      await source.ingest(12);
      const backup = await source.backup();
      const target = newStory(13);
      await target.begin(onlyOf(to.worker));
      await target.restore(backup, source.truth);
      await target.expectTruth();
      await target.ingest(5);
      await target.handedOver();
      await target.expectTruth();
    }
  }, 240_000);
});

describe.each(recordedVersions())('the backup recorded of version %s', (version) => {
  it('is restored by this build to the exact counts and sums', async () => {
    const { backup } = readManifest(version);
    const bytes = new Uint8Array(readFileSync(join(COMPAT, version, backup.file)));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(backup.sha256);
    const story = newStory(14);
    await story.begin(onlyOf(atHand.worker));
    const told = await story.json<object>('/v1/admin/restore', {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.kll.backup' },
      body: bytes,
    });
    expect(told).toMatchObject({ isComplete: true, values: backup.n });
    expect(await story.json('/v1/quantiles?name=latency_ms')).toMatchObject({
      n: backup.n,
      sum: backup.sum,
      partial: false,
    });
    const { groups } = await story.json<{
      groups: { labels: { route: string }; n: number; sum: number }[];
    }>('/v1/quantiles?name=latency_ms&by=route');
    expect(Object.fromEntries(groups.map(({ labels, n, sum }) => [labels.route, { n, sum }]))).toEqual(
      backup.byRoute,
    );
  });
});
