import { abortAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Handler, Schedule } from '../../src/adapters/workers/schedule.js';
import { inside, START, setClock } from './ingest/ground.js';

beforeEach(() => setClock(START));

let objects = 0;
const newName = () => `ingest:schedule:${++objects}`;

/** Runs with a schedule in the storage of a real object. */
function withSchedule<R>(
  name: string,
  handlers: { step: Handler; other?: Handler },
  body: (schedule: Schedule<'step' | 'other'>, storage: DurableObjectStorage) => R,
  failures: unknown[] = [],
) {
  return inside(env.INGEST.getByName(name), (_, { storage }) => {
    const schedule = new Schedule<'step' | 'other'>(storage, {
      handlers: { other: () => undefined, ...handlers },
      onFailure: (kind, error) => failures.push([kind, String(error)]),
    });
    return body(schedule, storage);
  });
}

describe('a schedule', () => {
  it('has its alarm at its earliest entry', async () => {
    await withSchedule(newName(), { step: () => undefined }, async (schedule, storage) => {
      schedule.transaction(() => schedule.plan('step', 'b', START + 2_000));
      expect(await storage.getAlarm()).toBe(START + 2_000);
      schedule.transaction(() => {
        schedule.plan('step', 'c', START + 3_000);
        schedule.planBy('step', 'b', START + 4_000);
        schedule.plan('other', 'a', START + 1_000);
      });
      expect(await storage.getAlarm()).toBe(START + 1_000);
      expect(schedule.plannedFor('step', 'b')).toBe(START + 2_000);
    });
  });

  it('plans nothing in a transaction that fails', async () => {
    await withSchedule(newName(), { step: () => undefined }, async (schedule, storage) => {
      const fail = () =>
        schedule.transaction(() => {
          schedule.plan('step', 'a', START + 1_000);
          throw new Error('no');
        });
      expect(fail).toThrow('no');
      expect(await storage.getAlarm()).toBe(null);
      schedule.transaction(() => schedule.plan('step', 'b', START + 5_000));
      expect(await storage.getAlarm()).toBe(START + 5_000);
      expect(schedule.earliest).toBe(START + 5_000);
    });
  });

  it('does what is due, and comes back when asked to', async () => {
    const done: string[] = [];
    const step: Handler = (key, now) => {
      done.push(key);
      return key === 'a' ? now + 10_000 : undefined;
    };
    await withSchedule(newName(), { step }, async (schedule, storage) => {
      schedule.transaction(() => {
        schedule.plan('step', 'b', START + 200);
        schedule.plan('step', 'a', START + 100);
        schedule.plan('step', 'c', START + 300);
      });
      setClock(START + 200);
      await schedule.run();
      expect(done).toEqual(['a', 'b']);
      expect(await storage.getAlarm()).toBe(START + 300);
      setClock(START + 300);
      await schedule.run();
      expect(done).toEqual(['a', 'b', 'c']);
      expect(await storage.getAlarm()).toBe(START + 10_200);
    });
  });

  it('tries again what failed, with growing pauses, and lets the rest go on', async () => {
    const failures: unknown[] = [];
    const done: string[] = [];
    const step: Handler = async (key) => {
      if (key === 'bad') throw new Error('no');
      done.push(key);
      return undefined;
    };
    const run = async (schedule: Schedule<'step' | 'other'>) => {
      schedule.transaction(() => {
        schedule.plan('step', 'bad', START);
        schedule.plan('step', 'good', START);
      });
      const pauses: number[] = [];
      for (let i = 0; i < 8; i++) {
        const now = Date.now();
        await schedule.run();
        const next = schedule.plannedFor('step', 'bad')!;
        pauses.push((next - now) / 1000);
        setClock(next);
      }
      return pauses;
    };
    expect(await withSchedule(newName(), { step }, run, failures)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(done).toEqual(['good']);
    expect(failures[0]).toEqual(['step', 'Error: no']);
  });

  it('keeps an entry that was planned anew while it was dealt with', async () => {
    await withSchedule(
      newName(),
      {
        step: async () => {
          await scheduler.wait(5);
          return undefined;
        },
      },
      async (schedule) => {
        schedule.transaction(() => schedule.plan('step', 'a', START));
        const running = schedule.run();
        schedule.transaction(() => schedule.plan('step', 'a', START + 7_000));
        await running;
        expect(schedule.plannedFor('step', 'a')).toBe(START + 7_000);
      },
    );
  });

  it('does not wait long for a handler that waits, and settles its entry when it ends', async () => {
    let end = (_next: number | undefined) => {};
    const calls: string[] = [];
    const step: Handler = (key) => {
      calls.push(key);
      if (key !== 'slow') return undefined;
      return new Promise((ended) => {
        end = ended;
      });
    };
    await withSchedule(newName(), { step }, async (schedule, storage) => {
      schedule.transaction(() => schedule.plan('step', 'slow', START));
      await schedule.run();
      // It is looked at again: the object may die with it.
      expect(await storage.getAlarm()).toBe(START + 5_000);
      schedule.transaction(() => schedule.plan('step', 'other', START));
      await schedule.run();
      expect(calls).toEqual(['slow', 'other']);
      // Planned anew while it goes on, it is not called beside itself, but once more behind.
      schedule.transaction(() => schedule.plan('step', 'slow', START));
      await schedule.run();
      expect(calls).toEqual(['slow', 'other']);
      end(undefined);
      await scheduler.wait(0);
      expect(await storage.getAlarm()).toBe(START);
      const again = schedule.run();
      end(START + 70_000);
      await again;
      expect(calls).toEqual(['slow', 'other', 'slow']);
      expect(schedule.plannedFor('step', 'slow')).toBe(START + 70_000);
      expect(await storage.getAlarm()).toBe(START + 70_000);
    });
  });

  it('runs an entry again when it was interrupted', async () => {
    const name = newName();
    await withSchedule(name, { step: () => undefined }, (schedule) =>
      schedule.transaction(() => schedule.plan('step', 'a', START + 100)),
    );
    setClock(START + 100);
    const interrupted = withSchedule(name, { step: () => new Promise(() => {}) }, (schedule) => {
      void schedule.run();
    });
    await interrupted;
    await abortAllDurableObjects();
    const done: string[] = [];
    const step: Handler = (key) => void done.push(key);
    await withSchedule(name, { step }, async (schedule) => {
      await schedule.restore();
      await schedule.run();
    });
    expect(done).toEqual(['a']);
  });

  it('sets an alarm that is missing', async () => {
    const name = newName();
    await withSchedule(name, { step: () => undefined }, async (schedule, storage) => {
      schedule.transaction(() => schedule.plan('step', 'a', START + 100));
      await storage.deleteAlarm();
    });
    await withSchedule(name, { step: () => undefined }, async (schedule, storage) => {
      await schedule.restore();
      expect(await storage.getAlarm()).toBe(START + 100);
      // Lost while the object lives: the next transaction notices.
      await storage.deleteAlarm();
      setClock(START + 100_000);
      schedule.transaction(() => {});
      expect(await storage.getAlarm()).toBe(START + 100_000);
    });
  });

  it('does not hold requests up for long when much is due', async () => {
    let done = 0;
    const step: Handler = () => void done++;
    await withSchedule(newName(), { step }, async (schedule, storage) => {
      schedule.transaction(() => {
        for (let i = 0; i < 200; i++) schedule.plan('step', String(i), START + i);
      });
      setClock(START + 500);
      await schedule.run();
      expect(done).toBe(64);
      expect(await storage.getAlarm()).toBe(START + 64);
    });
  });
});
