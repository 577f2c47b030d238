import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, EventLog } from '@baton/kernel';
import { onServer } from '../../../test/support/stores';
import { copyLog, openLog } from '.';

const clock: Clock = { now: () => '2024-01-01T00:00:00.000Z' };
const folder = mkdtempSync(join(tmpdir(), 'baton-copy-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every event without `position` and `recordedAt`, which each store sets itself. */
const contentOf = async (log: EventLog): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (let after = '', done = false; !done;) {
    const page = await log.readAll(after, {}, 2000);
    for (const { recordedAt: _, position: __, ...event } of page.events) lines.push(JSON.stringify(event));
    after = page.position;
    done = page.atTip;
  }
  return lines;
};

describe('a copy of a log between the embedded one and EventStoreDB', () => {
  onServer('EVENTSTORE_URL', (url) =>
    it('in both directions is equal to the source', async () => {
      const server = await openLog(url(), clock);
      const mine = await openLog(join(folder, 'mine'), clock, { create: true });
      const back = await openLog(join(folder, 'back'), clock, { create: true });
      await copyLog(server, mine); // the copied log begins with what the server already has
      const stream = `copied-${randomUUID()}`;
      for (let turn = 0; turn < 20; turn++) {
        const meta = { actor: 'tester', commandId: `c-${turn}`, occurredAt: clock.now() } as never;
        const events = [1, 2].map((n) => ({
          id: randomUUID(),
          type: 'Copied',
          data: { n, text: 'Zoë\u2028', r: 0.1 },
          meta,
        }));
        await mine.append(`${stream}-${turn % 3}`, events, 'any');
      }
      expect(await copyLog(mine, server)).toMatchObject({ written: 40 });
      expect(await copyLog(mine, server)).toMatchObject({ written: 0 });
      await copyLog(server, back);
      expect(await contentOf(back)).toEqual(await contentOf(mine));
      for (const log of [server, mine, back]) await log.close();
    }),
  );
});
