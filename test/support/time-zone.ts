/** The zone of the machine, for code that reads local time; restored when the suite ends. */
export const timeZone = {
  get: (): string | undefined => process.env['TZ'],
  set: (zone: string): void => {
    process.env['TZ'] = zone;
  },
};
