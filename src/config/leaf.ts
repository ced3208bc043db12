import { z } from 'zod';
import { dnsLabelForm } from '../grammar/label-selector.ts';
import { logstoreForm, projectForm } from '../metric/labels.ts';
import { valueAt } from './setting-path.ts';

/**
 * A whole number; `what` describes it for the docs, with the unit. It is not `z.int`: after an issue of that, zod skips
 * the rules that span settings, so their faults would show only once the fraction is corrected.
 */
export const whole = (least: number, most: number, what: string) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z
    .number({ error })
    .refine(Number.isInteger, { error })
    .min(least, { error })
    .max(most, { error })
    .meta({ type: 'integer' })
    .describe(what);
};

export const text = (what: string) =>
  z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' }).describe(what);

/** Text of one form; `mustBe` explains the form, with an example. */
export const formed = (form: RegExp, mustBe: string, what: string) =>
  z.string({ error: mustBe }).regex(form, { error: mustBe }).describe(what);

export const onOff = (what: string) => z.boolean({ error: 'must be true or false' }).describe(what);

export const choice = <const T extends readonly [string, ...string[]]>(values: T, what: string) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` }).describe(what);

/**
 * Settings below one key. For keys that it does not know, the message lists those that it does. With its own `describe` it is one row in the docs, otherwise one row for each setting.
 */
export const section = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : 'must be a mapping of settings',
  });

/** Returns the section for an entry of `projects`: no setting has a default, since what a project leaves out is inherited. */
export const inheriting = ({ shape }: z.ZodObject): z.ZodObject =>
  section(
    Object.fromEntries(
      Object.entries<z.core.SomeType>(shape).map(([key, field]) => {
        const own = field instanceof z.ZodDefault || field instanceof z.ZodPrefault ? field.unwrap() : field;
        return [key, z.optional(own instanceof z.ZodObject ? inheriting(own) : own)];
      }),
    ),
  );

/** Runs a rule about a list even if one of its items has a fault. */
export const whenList = { when: ({ value }: { readonly value: unknown }) => Array.isArray(value) };

/** A list in which each value occurs once. */
export const listOf = (item: z.ZodString, items: string) =>
  z.array(item, { error: `must be a list of ${items}` }).superRefine((values, context) => {
    for (const [index, value] of values.entries()) {
      if (values.indexOf(value) < index)
        context.addIssue({ code: 'custom', path: [index], message: 'must not occur twice' });
    }
  }, whenList);

/** A list of sections in which each `name` occurs once. */
export const namedList = <T extends z.ZodType>(item: T, items: string) =>
  z.array(item, { error: `must be a list of ${items}` }).superRefine((entries, context) => {
    const names = entries.map((entry) => valueAt(entry, ['name']));
    for (const [index, name] of names.entries()) {
      const first = names.indexOf(name);
      if (typeof name !== 'string' || first === index) continue;
      const message = `must differ from the name of ${items}[${first}]`;
      context.addIssue({ code: 'custom', path: [index, 'name'], message });
    }
  }, whenList);

export const projectName = (what: string) =>
  formed(
    projectForm,
    'must be a project such as k8s-log-c1: 2 to 63 lower-case letters, digits and hyphens',
    what,
  );

export const logstoreName = (what: string) =>
  formed(
    logstoreForm,
    'must be a logstore such as nginx-ingress: 2 to 63 lower-case letters, digits, hyphens and underscores',
    what,
  );

export const namespaceName = (what: string) =>
  formed(dnsLabelForm, 'must be a namespace: up to 63 lower-case letters, digits and hyphens', what);
