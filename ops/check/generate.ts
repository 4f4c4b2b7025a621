/** `npm run ops:generate`: what is made of other files, made anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseObjectives } from '../../src/cli/slo/objectives.js';
import { criticalTests } from './critical-tests.js';
import { filesOf } from './known.js';
import { sloRules } from './slo-rules.js';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const objectives = parseObjectives(readFileSync(at('ops/slo/edge.yaml'), 'utf8'), 'ops/slo/edge.yaml');
writeFileSync(at('ops/alerts/slo.rules.yaml'), sloRules(objectives));
const ruleFiles = filesOf('ops/alerts', '.rules.yaml').map((file) => basename(file));
writeFileSync(at('ops/alerts/tests/critical.test.yaml'), criticalTests(ruleFiles));
