import { z } from 'zod';

/**
 * A whole number; `what` is its meaning for the docs, with the unit. Not `z.int`: a fraction there ends every check of
 * the rules that span settings, so that their faults would show only once it is mended.
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

/** Text of a form of its own; `mustBe` tells the form, with an example. */
export const formed = (form: RegExp, mustBe: string, what: string) =>
  z.string({ error: mustBe }).regex(form, { error: mustBe }).describe(what);

export const onOff = (what: string) => z.boolean({ error: 'must be true or false' }).describe(what);

export const choice = <const T extends readonly [string, ...string[]]>(values: T, what: string) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` }).describe(what);

/** Settings below one key. With a `describe` of its own it is one row in the docs, else a row for each setting. */
export const section = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, { error: 'must be a mapping of settings' });
