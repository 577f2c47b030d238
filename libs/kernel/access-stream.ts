import { idsIn } from './hash';
import type { EventToAppend } from './ports';
import type { Instant } from './time';

/** The streams that record who was shown what: `access-2024-01-17`. Nothing that holds of a subject follows from them. */
const ACCESS_STREAMS = 'access-';
export const accessStreamOf = (at: Instant): string => `${ACCESS_STREAMS}${at.slice(0, 'yyyy-mm-dd'.length)}`;
export const isAccessStream = (stream: string): boolean => stream.startsWith(ACCESS_STREAMS);

/** People named in one event; more are named in further ones. */
export const SUBJECTS_NAMED = 500;
/** What `PersonalDataRead` says. */
interface ReadData {
  readonly operation: string;
  readonly subjects: readonly string[];
  readonly people: number;
  readonly answers: number;
  readonly reason?: string;
}
/** Some events, and the one that stands for them in the log; an event that nothing is merged with stands for itself. */
export interface MergedEvents<E extends EventToAppend> {
  readonly event: E;
  readonly members: readonly E[];
}
const idOf = idsIn('5d1c7c52-93a5-4b0f-8f1e-2d0c1f3f7a64');

/** Equal for answers that are merged: to one caller, by one operation, for one reason, within a second. */
const keyOf = ({ type, data, meta }: EventToAppend): string | undefined => {
  if (type !== 'PersonalDataRead') return undefined;
  const { operation, subjects, people, reason } = data as ReadData;
  if (people > subjects.length) return undefined; // one of several events of a larger answer
  const second = meta.occurredAt.slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  return JSON.stringify([meta.actor, meta.origin, operation, reason, second]);
};

const eventFor = <E extends EventToAppend>(members: readonly E[], subjects: ReadonlySet<string>): E => {
  const first = members[0]!;
  if (members.length === 1) return first;
  const id = idOf(members.map((member) => member.id).join(' '));
  const answers = members.reduce((sum, member) => sum + (member.data as ReadData).answers, 0);
  const data = { ...(first.data as ReadData), subjects: [...subjects], people: subjects.size, answers };
  return { ...first, id, data, meta: { ...first.meta, commandId: id, $correlationId: id, $causationId: id } };
};

/**
 * What is to be in the log of events that are appended together to one access stream: answers to the same question of one
 * caller within a second are one event, which names everybody whom they showed, at most 500. Its id follows from theirs,
 * so that whoever merges the same events makes the same event.
 * @returns in the order of the first of each
 */
export const mergeReads = <E extends EventToAppend>(events: readonly E[]): readonly MergedEvents<E>[] => {
  const groups: { members: E[]; subjects: Set<string> }[] = [];
  const open = new Map<string, (typeof groups)[number]>();
  for (const event of events) {
    const key = keyOf(event);
    const named = key === undefined ? [] : (event.data as ReadData).subjects;
    const group = key === undefined ? undefined : open.get(key);
    const added = group ? named.filter((subject) => !group.subjects.has(subject)) : named;
    if (group && group.subjects.size + added.length <= SUBJECTS_NAMED) {
      group.members.push(event);
      for (const subject of added) group.subjects.add(subject);
      continue;
    }
    const fresh = { members: [event], subjects: new Set(named) };
    groups.push(fresh);
    if (key !== undefined) open.set(key, fresh);
  }
  return groups.map(({ members, subjects }) => ({ event: eventFor(members, subjects), members }));
};
