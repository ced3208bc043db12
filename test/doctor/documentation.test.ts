import { it } from 'vitest';
import { expectGenerated } from '../support/generated-document.ts';

it('docs/doctor.md has exactly one row for each check, in list order', () => expectGenerated('doctor.md'));
