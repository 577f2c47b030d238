import { wordKey, type Day } from '@baton/kernel';

/** The key of a spend record of a campaign: day, channel, source and medium; case is ignored. */
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
