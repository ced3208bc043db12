import { reactionLines } from '../reaction/reaction-lines.ts';
import { runSteps } from '../reaction/stepping.ts';
import type { Row } from '../row.ts';

/** From a step in traffic to the HPA's reading that has it fully, beside the stock adapter's policy. */
export const reaction: Row = {
  name: 'reaction',
  meanwhile: true,
  async measure(context) {
    return reactionLines(await runSteps(context));
  },
};
