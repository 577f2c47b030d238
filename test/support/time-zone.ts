/** The zone of the machine, as whatever reads the local time sees it; put back when the suite ends. */
export const timeZone = {
  get: (): string | undefined => process.env['TZ'],
  set: (zone: string): void => {
    process.env['TZ'] = zone;
  },
};
