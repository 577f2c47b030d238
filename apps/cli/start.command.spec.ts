import type { INestApplicationContext } from '@nestjs/common';
import { EventLog } from '@baton/kernel';
import { anEvent, FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog } from '@baton/platform/event-log';
import { firstKey } from './start.command';

describe('the first key', () => {
  const log = EmbeddedEventLog.open(':memory:', new FixedClock());
  const issued: string[] = [];
  const access = { issue: (label: string) => Promise.resolve({ token: `baton_${issued.push(label)}` }) };
  const app = { get: (what: unknown) => (what === EventLog ? log : access) } as unknown as INestApplicationContext;
  afterAll(() => log.close());

  it('is created if there is none, and only once, however far back in the log it was issued', async () => {
    const history = () => Array.from({ length: 1_000 }, () => anEvent());
    for (let stream = 0; stream < 21; stream++) await log.append(`history-${stream}`, history(), 'none');
    expect(await firstKey(app)).toBe('baton_1');
    await log.append('key-1', [anEvent({}, 'KeyIssued')], 'none');
    expect(await firstKey(app)).toBeUndefined();
    expect(issued).toEqual(['local-admin']);
  });
});
