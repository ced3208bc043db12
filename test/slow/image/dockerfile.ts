/** One instruction, such as `RUN`, and its text. */
interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions from one FROM to the next. */
export interface Stage {
  /** The name after `AS`; undefined for the last stage, which is the image. */
  readonly name: string | undefined;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** Returns the stages of a Dockerfile. ARGs before the first FROM have their defaults. */
export function parseDockerfile(text: string): Stage[] {
  const instructions = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (name === '') throw new Error(`not an instruction: ${line}`);
      return { name, text: rest };
    });
  const firstStage = instructions.findIndex(({ name }) => name === 'FROM');
  const defaults = new Map(
    instructions.slice(0, firstStage).map(({ text: argument }) => {
      const [name = '', value = ''] = argument.split('=');
      return [name, value] as const;
    }),
  );
  const stages: { name: string | undefined; base: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructions.slice(firstStage)) {
    if (instruction.name === 'FROM') {
      const [base = '', , name] = instruction.text.split(/\s+/);
      const resolved = base.replaceAll(/\$\{(\w+)\}/g, (_, argument: string) => defaults.get(argument) ?? '');
      stages.push({ name, base: resolved, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/**
 * Returns the words of the last instruction of that name. It must have the JSON form, which starts no shell.
 *
 * @throws Error if it is missing or has another form
 */
export function commandOf({ instructions }: Stage, name: string): string[] {
  const text = instructions.findLast((instruction) => instruction.name === name)?.text ?? '';
  const json = text.slice(text.indexOf('['));
  const words: unknown = JSON.parse(json);
  if (!Array.isArray(words)) throw new Error(`${name} is not a list: ${text}`);
  return words.map(String);
}

/** Returns the variables that ENV sets. */
export function environmentOf({ instructions }: Stage): Readonly<Record<string, string>> {
  const pairs = instructions.filter(({ name }) => name === 'ENV').flatMap(({ text }) => text.split(/\s+/));
  return Object.fromEntries(pairs.map((pair) => [pair.split('=')[0] ?? '', pair.replace(/^[^=]*=/, '')]));
}
