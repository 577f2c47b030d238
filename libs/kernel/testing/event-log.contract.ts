import { randomUUID } from 'node:crypto';
import { START, type EventLog, type EventFilter, type EventToAppend, type Page, type RawEvent } from '..';

/** A new event, by default with a random id. */
export const anEvent = (data: unknown = {}, type = 'SomethingHappened', id: string = randomUUID()): EventToAppend => ({
  id,
  type,
  data,
  meta: {
    actor: 'tester',
    origin: 'person',
    occurredAt: '2024-01-01T00:00:00.000Z',
    commandId: id,
    commandHash: 'hash',
    schema: 1,
    mode: 'live',
    $correlationId: id,
    $causationId: id,
  },
});

const some = (count: number, type?: string) => Array.from({ length: count }, (_, n) => anEvent({ n }, type));
const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);
const settled = async <T>(promise: Promise<T>): Promise<unknown> => promise.catch((error: unknown) => error);

/** Reads all events after a position, page by page. Checks that every page advances or is at the tip. */
export const readToTip = async (log: EventLog, after: string, filter?: EventFilter, limit?: number) => {
  const events: RawEvent[] = [];
  for (let position = after; ;) {
    const page: Page = await log.readAll(position, filter, limit);
    if (limit !== undefined) expect(page.events.length).toBeLessThanOrEqual(limit);
    for (const event of page.events) expect(event.position > position && event.position <= page.position).toBe(true);
    events.push(...page.events);
    if (page.atTip) return { events, position: page.position };
    expect(page.position > position).toBe(true);
    position = page.position;
  }
};

/** Follows until a condition holds for all events seen so far. */
export const followUntil = async (
  pages: AsyncIterable<Page>,
  enough: (events: readonly RawEvent[], page: Page) => boolean | Promise<boolean>,
) => {
  const events: RawEvent[] = [];
  let last = START;
  for await (const page of pages) {
    expect(page.position >= last).toBe(true);
    for (const { position } of page.events) expect(position > last && position <= page.position).toBe(true);
    last = page.position;
    events.push(...page.events);
    if (await enough(events, page)) break;
  }
  return events;
};

/**
 * The contract of `EventLog`. The store may contain other events, but nothing else may write to it during the suite.
 * @param open opens a log; all calls open the same store
 */
export const eventLogContract = (name: string, open: () => Promise<EventLog>): void =>
  describe(`${name} keeps the EventLog contract`, () => {
    let log: EventLog;
    let stream: string;
    beforeAll(async () => void (log = await open()));
    afterAll(() => log.close());
    beforeEach(() => void (stream = `contract-${randomUUID()}`));
    const append = (expected: number | 'none' | 'any', ...events: EventToAppend[]) =>
      log.append(stream, events, expected);

    it('returns appended events in order, with position, revision and times', async () => {
      const events = [
        anEvent({ text: 'déjà vu 🎈 \u0000 "quoted"\n', list: [1, null, { deep: true }] }),
        anEvent({ n: 2 }),
      ];
      const appended = await append('none', ...events);
      const read = await log.read(stream);
      expect(read).toMatchObject(events.map((event, revision) => ({ ...event, stream, revision })));
      expect(appended).toEqual({ position: read[1]!.position, revision: 1, repeated: false });
      expect(read[0]!.position < read[1]!.position).toBe(true);
      expect(read[0]!.recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(await log.append(stream, [anEvent()], 1)).toMatchObject({ revision: 2 });
    });

    it('reads a stream from a revision on, and an unknown stream as empty', async () => {
      await append('none', ...some(5));
      expect((await log.read(stream, 3)).map(({ revision }) => revision)).toEqual([3, 4]);
      expect(await log.read(stream, 5)).toEqual([]);
      expect(await log.read(`${stream}-other`)).toEqual([]);
    });

    it('knows the revision of a stream, and none of an unknown one', async () => {
      await append('none', ...some(3));
      expect(await log.revisionOf(stream)).toBe(2);
      await append(2, anEvent());
      expect(await log.revisionOf(stream)).toBe(3);
      expect(await log.revisionOf(`${stream}-other`)).toBeUndefined();
    });

    it('reads at most `limit` events of a stream', async () => {
      await append('none', ...some(5));
      const revisions = async (from: number, limit?: number) =>
        (await log.read(stream, from, limit)).map(({ revision }) => revision);
      expect(await revisions(0, 2)).toEqual([0, 1]);
      expect(await revisions(3, 1)).toEqual([3]);
      expect(await revisions(3, 2)).toEqual([3, 4]);
      expect(await revisions(3, 9)).toEqual([3, 4]);
      expect(await revisions(3, 0)).toEqual([]);
      expect(await revisions(5, 1)).toEqual([]);
      expect(await log.read(`${stream}-other`, 0, 1)).toEqual([]);
    });

    it('refuses an append with an expected revision that is not the current one', async () => {
      await append('none', ...some(2));
      for (const expected of ['none', 0, 7] as const)
        expect(await settled(append(expected, anEvent()))).toMatchObject({
          name: 'Conflict',
          code: 'log/wrong-revision',
        });
      expect(await log.read(stream)).toHaveLength(2);
      await append('any', anEvent());
      expect(await log.read(stream)).toHaveLength(3);
    });

    it('accepts one of twenty concurrent appends', async () => {
      const rivals = some(20);
      const results = await Promise.allSettled(rivals.map((event) => append('none', event)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'log/wrong-revision' });
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      expect(idsOf(await log.read(stream))).toEqual([rivals[winner]!.id]);
    });

    it('appends all events or none', async () => {
      await append('none', anEvent());
      await settled(append('none', ...some(3)));
      expect(await log.read(stream)).toHaveLength(1);
      await append(0, ...some(120));
      expect((await log.read(stream)).map(({ revision }) => revision)).toEqual([...Array(121).keys()]);
    });

    it.each(['none', 'any'] as const)('returns the first answer to a repeated append (%s)', async (expected) => {
      const events = some(3);
      const first = await append(expected, ...events);
      expect(first.repeated).toBe(false);
      expect(await append(expected, ...events)).toEqual({ ...first, repeated: true });
      await append(2, anEvent());
      expect(await append(expected, ...events)).toEqual({ ...first, repeated: true });
      expect(await log.read(stream)).toHaveLength(4);
    });

    it('appends what is deferred at the end of a stream, and shows it to whoever asks', async () => {
      await append('none', anEvent());
      const [one, two, three] = some(3) as [EventToAppend, EventToAppend, EventToAppend];
      await Promise.all([log.appendDeferred(stream, [one]), log.appendDeferred(stream, [two])]);
      expect(idsOf(await log.read(stream, 1))).toEqual(idsOf([one, two]));
      await append(2, anEvent());
      const before = await log.tip();
      await log.appendDeferred(stream, [three]);
      expect(await log.revisionOf(stream)).toBe(4);
      await log.appendDeferred(`${stream}-other`, some(2));
      const { events } = await readToTip(log, before);
      expect(events.map((event) => [event.stream, event.revision])).toEqual([
        [stream, 4],
        [`${stream}-other`, 0],
        [`${stream}-other`, 1],
      ]);
      expect(events[0]).toMatchObject(three);
      await log.appendDeferred(stream, [anEvent()]);
      expect((await log.tip()) > events[2]!.position).toBe(true);
    });

    it('returns one answer to the same append sent twice at once', async () => {
      const events = some(2);
      const [first, second] = await Promise.all([append('none', ...events), append('none', ...events)]);
      expect(second).toMatchObject({ position: first.position, revision: first.revision });
      expect([first.repeated, second.repeated].sort()).toEqual([false, true]);
      expect(await log.read(stream)).toHaveLength(2);
    });

    it('reports an append as repeated if another writer appended the same ids first', async () => {
      const [mine, theirs] = [anEvent({ by: 'me' }), anEvent({ by: 'them' })];
      await append('none', anEvent());
      const first = await append(0, { ...theirs, id: mine.id });
      expect(await append(0, mine)).toEqual({ ...first, repeated: true });
      expect((await log.read(stream)).map(({ data }) => data)).toEqual([expect.anything(), { by: 'them' }]);
    });

    it('writes no event twice, with any expected revision', async () => {
      const events = some(2);
      await append('none', anEvent());
      const first = await append(0, ...events);
      for (const expected of [0, 'any', 'none', 1, 2, 9] as const)
        // the stream is at 2
        expect([expected, await append(expected, ...events)]).toEqual([expected, { ...first, repeated: true }]);
      expect(await append(2, events[0]!)).toMatchObject({ revision: 1 });
      const { position } = await append('any', anEvent());
      for (const expected of [3, 'any', 0] as const)
        expect([expected, await append(expected, ...events)]).toEqual([expected, { ...first, repeated: true }]);
      expect(await log.read(stream)).toHaveLength(4);
      expect(await log.tip()).toBe(position);
    });

    it('refuses an invalid position without a call', async () => {
      await append('none', ...some(2));
      for (const position of [START, await log.tip()]) expect(() => log.assertPosition(position)).not.toThrow();
      for (const made of ['x', '1', '-1', ' ', `${await log.tip()}0`, '../etc', 'null'])
        expect(() => log.assertPosition(made)).toThrow(expect.objectContaining({ code: 'log/not-a-position' }));
    });

    it('refuses an append of known and new events, with any expected revision, and writes nothing', async () => {
      const events = some(2);
      await append('none', ...events);
      const [one, two] = events as [EventToAppend, EventToAppend];
      for (const expected of ['none', 'any', 0, 1] as const)
        // the stream is at 1
        for (const mixed of [
          [one, anEvent()],
          [anEvent(), two],
          [two, anEvent()],
          [two, one],
        ])
          expect([expected, await settled(append(expected, ...mixed))]).toMatchObject([
            expected,
            { name: 'Conflict', code: 'log/wrong-revision' },
          ]);
      await expect(append(1, two, two)).rejects.toThrow();
      const fresh = anEvent();
      await expect(append('any', fresh, fresh)).rejects.toThrow('repeats an event id');
      expect(idsOf(await log.read(stream))).toEqual(idsOf(events));
    });

    it('returns the first answer to a repeated append with `checked`, too', async () => {
      const checked = { checked: true };
      const [first, second] = [some(2), some(2)];
      await log.append(stream, first, 'none', checked);
      const answer = await log.append(stream, second, 1, checked);
      expect(answer).toMatchObject({ revision: 3 });
      await append(3, anEvent());
      for (const expected of [1, 'none'] as const)
        expect(await log.append(stream, second, expected, checked)).toEqual({ ...answer, repeated: true });
      expect(await settled(log.append(stream, [anEvent()], 1, checked))).toMatchObject({ code: 'log/wrong-revision' });
      const [again, fresh] = await log.appendMany([
        { stream, events: second, expected: 4 },
        { stream, events: [anEvent()], expected: 4, ...checked },
      ]);
      expect(again).toEqual({ status: 'fulfilled', value: { ...answer, repeated: true } });
      expect(fresh).toMatchObject({ status: 'fulfilled', value: { revision: 5 } });
      expect(await log.read(stream)).toHaveLength(6);
    });

    it('writes each append with `any` once, if many are sent twice at once', async () => {
      const events = some(10);
      await append('none', anEvent());
      const answers = await Promise.all([...events, ...events].map((event) => append('any', event)));
      const places = answers.map(({ position, revision }) => [position, revision]);
      expect(places.slice(10)).toEqual(places.slice(0, 10));
      expect(answers.filter(({ repeated }) => repeated)).toHaveLength(10);
      expect(new Set(idsOf(await log.read(stream))).size).toBe(11);
      expect(await log.read(stream)).toHaveLength(11);
    });

    it('refuses an append above the limit of the store, and writes nothing of it', async () => {
      const large = Array.from({ length: 3 }, () => anEvent({ text: 'x'.repeat(600_000) }));
      expect(await settled(append('none', ...large))).toMatchObject({ name: 'Refused', code: 'log/too-large' });
      expect(await log.read(stream)).toEqual([]);
      await append('none', anEvent({ text: 'x'.repeat(600_000) }));
    });

    it('appends many independently, with results in their order', async () => {
      const other = `${stream}-other`;
      await append('none', anEvent());
      const results = await log.appendMany([
        { stream, events: some(2), expected: 'none' },
        { stream: other, events: some(2), expected: 'none' },
        { stream: other, events: some(1), expected: 1 },
        { stream, events: some(1), expected: 0 },
      ]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
      expect(results[0]).toMatchObject({ reason: { code: 'log/wrong-revision' } });
      expect(results[2]).toMatchObject({ value: { revision: 2 } });
      expect(await log.read(other)).toHaveLength(3);
      expect(await log.read(stream)).toHaveLength(2);
    });

    it('pages through everything without gaps or duplicates, with any page size', async () => {
      const before = await log.tip();
      const ids: string[] = [];
      for (let n = 0; n < 12; n++) {
        const events = some(1 + (n % 5));
        ids.push(...idsOf(events));
        await log.append(`${stream}-${n % 4}`, events, 'any');
      }
      for (const limit of [1, 2, 3, 7, ids.length, 1000]) {
        const { events, position } = await readToTip(log, before, undefined, limit);
        expect(idsOf(events)).toEqual(ids);
        expect(position >= (await log.tip())).toBe(true);
        expect(events.map(({ position: p }) => p)).toEqual(events.map(({ position: p }) => p).sort());
        const recorded = events.map(({ recordedAt }) => recordedAt);
        expect(recorded).toEqual([...recorded].sort());
      }
    });

    it('filters by type and returns how far it has read, even if nothing matches', async () => {
      const before = await log.tip();
      await append('none', ...some(5, 'Plain'), anEvent({}, 'Rare'), ...some(5, 'Plain'));
      const tip = await log.tip();
      for (const limit of [1, 4, 1000]) {
        const rare = await readToTip(log, before, { types: ['Rare', 'NeverSeen'] }, limit);
        expect(rare.events).toMatchObject([{ type: 'Rare', revision: 5 }]);
        expect(rare.position >= tip).toBe(true);
        const none = await readToTip(log, before, { types: [`Rar`] }, limit);
        expect(none).toMatchObject({ events: [] });
        expect(none.position >= tip).toBe(true);
        expect((await readToTip(log, before, { types: [] }, limit)).events).toEqual([]);
      }
    });

    it('returns its tip', async () => {
      const { position } = await append('none', ...some(3));
      expect(await log.tip()).toBe(position);
      expect((await log.readAll(position)).events).toEqual([]);
      expect(START < position).toBe(true);
    });

    it('follows: catches up, then yields new events, including those from during the catch-up', async () => {
      const before = await log.tip();
      const ids: string[] = [];
      const more = async (count: number) => {
        const events = some(count);
        ids.push(...idsOf(events));
        await append('any', ...events);
      };
      await more(25);
      let wrote = 0;
      const seen = await followUntil(log.follow(before, {}, { limit: 10 }), async (events) => {
        if (wrote++ < 6) await more(3);
        return events.length >= 25 + 6 * 3;
      });
      expect(idsOf(seen)).toEqual(ids);
    });

    it('wakes a follower at the tip, and advances it past other types', async () => {
      const before = await log.tip();
      let isAtTip = false;
      let appended: string | undefined;
      const seen = await followUntil(log.follow(before, { types: ['Wanted'] }), async (events, page) => {
        if (page.atTip && !isAtTip) {
          isAtTip = true; // a follower without events gets a page at the tip
          await append('none', anEvent({}, 'Wanted'));
          appended = (await append(0, anEvent({}, 'Other'))).position;
        }
        return events.length > 0 && page.position >= appended!;
      });
      expect(seen).toMatchObject([{ type: 'Wanted' }]);
    });

    it('serves several followers and writers at once', async () => {
      const before = await log.tip();
      const followers = [1, 10, 1000].map((limit) =>
        followUntil(log.follow(before, {}, { limit }), (events) => events.length >= 60),
      );
      await Promise.all([...Array(20).keys()].map((n) => log.append(`${stream}-${n}`, some(3), 'none')));
      const [one, ...others] = await Promise.all(followers);
      expect(new Set(idsOf(one!)).size).toBe(60);
      for (const other of others) expect(idsOf(other)).toEqual(idsOf(one!));
    });

    it('ends a follow without an error when the signal aborts', async () => {
      const aborted = new AbortController();
      const { position } = await append('none', anEvent());
      const seen = await followUntil(log.follow(position, {}, { signal: aborted.signal }), (_, { atTip }) => {
        if (atTip) setImmediate(() => aborted.abort()); // while it waits for more
        return false;
      });
      expect(seen).toEqual([]);
      expect(await followUntil(log.follow(START, {}, { signal: aborted.signal }), () => false)).toEqual([]);
    });

    it('closes after cancelled pages and followers that stopped early; later calls are unavailable', async () => {
      const other = await open();
      const text = 'x'.repeat(20_000);
      for (let n = 0; n < 10; n++)
        await other.append(
          `${stream}-${n}`,
          Array.from({ length: 20 }, () => anEvent({ text }, 'Large')),
          'none',
        );
      expect(other.availability()).toEqual({ state: 'available' });
      for (let n = 0; n < 5; n++) expect((await other.readAll(START, { types: ['Large'] }, 1)).events).toHaveLength(1);
      for (let n = 0; n < 5; n++)
        await followUntil(other.follow(START, { types: ['Large'] }, { limit: 1 }), (events) => events.length > 0);
      await other.append(`${stream}-small`, some(200, 'Small'), 'none');
      for (const limit of [2, 10, 30, 60, 195, 199]) {
        await other.readAll(START, {}, limit);
        expect((await other.readAll(START, { types: ['Small'] }, limit)).events).toHaveLength(limit);
      }
      const left = other.follow(START)[Symbol.asyncIterator]();
      await left.next(); // and never asks for another page
      const waiting = followUntil(other.follow(START), () => false);
      const reading = settled(other.readAll(START));
      await Promise.all([other.close(), other.close()]);
      await other.close();
      await waiting;
      await reading; // answered or failed
      for (const call of [
        () => other.append(stream, [anEvent()], 'none'),
        () => other.read(stream),
        () => other.readAll(START),
        () => other.tip(),
      ])
        expect(await settled<unknown>(call())).toMatchObject({ name: 'Conflict', code: 'log/unavailable' });
      await left.return!();
    });
  });
