import { labelDefinitions } from '../metric/labels.ts';
import { formatQuantity } from '../grammar/quantity.ts';
import { createReading } from '../service/reading-stack.ts';
import { ok } from './check.ts';
import type { DoctorCheck } from './examination.ts';

const itemsShown = 3;

/** The whole way, as for an HPA. */
export const reading: DoctorCheck = {
  id: 'reading',
  what: 'The reading itself, as an HPA gets it',
  after: ['access', 'fields'],
  deadlineMs: 30_000,
  run: async ({ around, facts }, signal) => {
    const { request } = facts.get('target');
    const stack = createReading(facts.get('config'), around, around.observer);
    try {
      const { items } = await stack.reader.read(request, signal);
      const values = items.map(({ labels, sample }) => {
        const { value, window } = sample;
        const name = labels[labelDefinitions.route.name] ?? 'the whole logstore';
        const ageSeconds = Math.round(around.clock.now() / 1000 - window.endSeconds);
        return `${name}: ${formatQuantity(value)} ${request.metric.unit}, up to ${ageSeconds} s ago`;
      });
      const more = values.length > itemsShown ? ` and ${values.length - itemsShown} more` : '';
      return ok(`${values.slice(0, itemsShown).join('; ')}${more}`);
    } finally {
      stack.close();
    }
  },
};
