import { wordKey, type Day } from '@baton/kernel';

/** Which record of a campaign's spend is meant: its day, channel, source and medium, in whatever spelling. */
export const spendRecordOf = ({
  day,
  channel,
  source,
  medium,
}: {
  readonly day: Day;
  readonly channel: string;
  readonly source?: string;
  readonly medium?: string;
}): string => JSON.stringify([day, ...[channel, source ?? '', medium ?? ''].map(wordKey)]);
