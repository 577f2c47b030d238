import * as sqlite from '@baton/platform/sqlite';

/** Runs first in a server: counts its reads of the embedded stores, and sends the count to its parent on any message. */
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
    const [prepare, prepareRows] = [database.prepare.bind(database), database.prepareRows.bind(database)];
    return Object.assign(database, {
      prepare: (sql: string) => counted(prepare(sql)),
      prepareRows: (sql: string) => counted(prepareRows(sql)),
    });
  };
  require.cache[require.resolve('../libs/platform/sqlite')]!.exports = { ...sqlite, openDatabase };
  process.on('message', () => process.send!(reads));
  process.channel?.unref();
}
