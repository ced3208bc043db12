import { it } from 'vitest';
import { expectGenerated } from '../../support/generated-document.ts';

it('docs/assumptions.md has exactly one row for each assumption', () => expectGenerated('assumptions.md'));
