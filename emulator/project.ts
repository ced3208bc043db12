import type { QuerySlots } from './query-slots.ts';
import type { Logstore } from './store/logstore.ts';

/** A project: its logstores by name, and the SQL queries it may run at a time. */
export interface Project {
  readonly name: string;
  readonly logstores: ReadonlyMap<string, Logstore>;
  readonly slots: QuerySlots;
}
