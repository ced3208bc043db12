/** A metric of the user's own, as the configuration has it. */
export interface OwnMetricSettings {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Used where a selector names none; undefined: the defaults of all. */
  readonly project?: string | undefined;
  readonly logstore?: string | undefined;
  /** Template of a search; `*`: every line. */
  readonly search: string;
  /** Template of one SQL expression that aggregates. Either this or `sql`. */
  readonly aggregate?: string | undefined;
  /** Template of a whole SELECT of one row, with the columns `value` and `lines`. */
  readonly sql?: string | undefined;
  /** Column whose values are the routes, or those of the label with that column: one query for many series. */
  readonly groupBy?: string | undefined;
  /** What a window without a line reads. */
  readonly emptyWindow: 'zero' | 'error';
  readonly labels: readonly OwnLabelSettings[];
}

/** A label that only that metric has. */
export interface OwnLabelSettings {
  readonly name: string;
  readonly description: string;
  /** How a value is written in SQL: as a string or as it is. */
  readonly type: 'text' | 'number';
  /** Column that must equal the value; undefined: the templates say what it does. */
  readonly column?: string | undefined;
  /** Default: whether it has no default. */
  readonly required?: boolean | undefined;
  /** Regular expression that the whole of a value matches. */
  readonly pattern?: string | undefined;
  readonly default?: string | undefined;
}

/** The label whose values are what series are told apart by; undefined: the route is. */
export const groupingLabel = ({ groupBy, labels }: OwnMetricSettings): OwnLabelSettings | undefined =>
  groupBy === undefined ? undefined : labels.find(({ column }) => column === groupBy);

/** A number as a label value has it: no sign, for those begin with a letter or digit. */
const numberForm = /^\d{1,15}(\.\d{1,9})?$/;

/** Whether a value may stand for the label. */
export function acceptsValue({ type, pattern }: OwnLabelSettings): (value: string) => boolean {
  const form = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'u');
  return (value) =>
    value !== '' && (type === 'text' || numberForm.test(value)) && (form === undefined || form.test(value));
}

/** What a value must be, in words that follow "must be". */
export function acceptedValues({ type, pattern }: OwnLabelSettings): string {
  const kind = type === 'number' ? 'a number without a sign' : 'non-empty';
  if (pattern === undefined) return kind;
  return type === 'number' ? `${kind} that matches ${pattern}` : `text that matches ${pattern}`;
}
