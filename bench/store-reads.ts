import * as sqlite from '@baton/platform/sqlite';

/** Runs first in a server: counts what it reads in the embedded stores, and tells that to the process that started it. */
if (process.send) {
  let reads = 0;
  const counted = <S extends object>(statement: S): S =>
    new Proxy(statement, {
      get: (_, name) => {
        if (name === 'get' || name === 'all') reads++;
        const value: unknown = Reflect.get(statement, name);
        return typeof value === 'function' ? (value.bind(statement) as unknown) : value;
      },
    });
  const openDatabase: typeof sqlite.openDatabase = (...how) => {
    const database = sqlite.openDatabase(...how);
    return {
      ...database,
      prepare: (sql) => counted(database.prepare(sql)),
      prepareRows: (sql) => counted(database.prepareRows(sql)),
    };
  };
  require.cache[require.resolve('../libs/platform/sqlite')]!.exports = { ...sqlite, openDatabase };
  process.on('message', () => process.send!(reads));
  process.channel?.unref();
}
