import { openDatabase } from './sqlite';

it('keeps the statements that are used, however many others there are', () => {
  const database = openDatabase(':memory:', { synchronous: 'NORMAL' });
  for (const prepare of [database.prepare.bind(database), database.prepareRows.bind(database)]) {
    const [used, left] = [prepare('SELECT 1'), prepare('SELECT 2')];
    for (let n = 3; n < 2_000; n++) {
      prepare(`SELECT ${n}`);
      expect(prepare('SELECT 1')).toBe(used);
    }
    expect(prepare('SELECT 2')).not.toBe(left);
    expect(Object.values(prepare('SELECT 2').all()[0] as object)).toEqual([2]);
  }
  database.close();
});
