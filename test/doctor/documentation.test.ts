import { it } from 'vitest';
import { expectGenerated } from '../support/generated-document.ts';

it('has in docs/doctor.md one row for each check, in their order, and no other', () =>
  expectGenerated('doctor.md'));
