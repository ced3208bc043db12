import { describe, expect, it } from 'vitest';
import { Database } from '../../../emulator/store/database.ts';

describe('Database', () => {
  it.each([
    "SELECT * FROM read_csv('/etc/passwd')",
    "COPY (SELECT 1) TO '/tmp/sls-emulator-escape'",
    "ATTACH '/tmp/sls-emulator-escape.db'",
    'SET enable_external_access = true',
    'INSTALL httpfs',
  ])('has no access to the outside by %s', async (sql) => {
    await using database = await Database.open();
    await expect(database.main.run(sql)).rejects.toThrow(/disabled|locked|configuration/);
  });

  it('stops a query when its signal fires, and can run the next', async () => {
    await using database = await Database.open();
    const leaving = new AbortController();
    const endless = database.query(leaving.signal, async (connection) => {
      const running = connection.run(
        'SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range = 3',
      );
      setImmediate(() => leaving.abort());
      return running;
    });
    await expect(endless).rejects.toThrow(/INTERRUPT/i);
    const next = database.query(new AbortController().signal, (connection) =>
      connection.runAndReadAll('SELECT 7'),
    );
    expect((await next).getRows()).toEqual([[7]]);
  });
});
