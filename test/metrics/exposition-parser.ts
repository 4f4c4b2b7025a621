/**
 * A strict reader of the Prometheus text format 0.0.4: it refuses whatever the format's description does not allow,
 * so that text which passes here is text that any scraper takes.
 */

export interface ParsedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface ParsedFamily {
  name: string;
  help: string;
  type: string;
  samples: ParsedSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

export function parseExposition(text: string): Map<string, ParsedFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end in a line feed');
  if (text.includes('\r')) throw new Error('lines end in a line feed alone');
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let family: ParsedFamily | undefined;
  let pendingHelp: { name: string; help: string } | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (help) {
      if (families.has(help[1])) throw new Error(`second HELP for ${help[1]}`);
      pendingHelp = { name: help[1], help: withoutEscapes(help[2], /\\[\\n]/g, /\\(?![\\n])/) };
    } else if (type) {
      const [, name, kind] = type;
      if (pendingHelp?.name !== name) throw new Error(`TYPE of ${name} without its HELP before`);
      if (!NAME.test(name)) throw new Error(`bad metric name ${name}`);
      if (!TYPES.includes(kind)) throw new Error(`bad type ${kind}`);
      if (families.has(name)) throw new Error(`the lines of ${name} are not together`);
      family = { name, help: pendingHelp.help, type: kind, samples: [] };
      families.set(name, family);
      pendingHelp = undefined;
    } else {
      const sample = parseSample(line);
      const suffixes = family?.type === 'summary' ? ['', '_sum', '_count'] : [''];
      const isQuantile = family?.type === 'summary' && sample.name === family.name;
      if (isQuantile !== 'quantile' in sample.labels)
        throw new Error(`a quantile without its label: ${line}`);
      if (!family || !suffixes.some((suffix) => sample.name === family!.name + suffix)) {
        throw new Error(`sample ${sample.name} outside its family`);
      }
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(key)) throw new Error(`series twice: ${key}`);
      seen.add(key);
      if (family.type === 'counter' && !(sample.value >= 0)) throw new Error(`counter below zero: ${line}`);
      family.samples.push(sample);
    }
  }
  if (pendingHelp) throw new Error(`HELP of ${pendingHelp.name} without a TYPE`);
  return families;
}

function parseSample(line: string): ParsedSample {
  const name = /^[^{ ]+/.exec(line)?.[0] ?? '';
  if (!NAME.test(name)) throw new Error(`bad sample line: ${line}`);
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === '{') {
    at++;
    for (;;) {
      const label = /^[^=]+/.exec(line.slice(at))?.[0] ?? '';
      if (!LABEL_NAME.test(label)) throw new Error(`bad label name in: ${line}`);
      if (label in labels) throw new Error(`label ${label} twice in: ${line}`);
      at += label.length;
      const quoted = /^="((?:[^"\\\n]|\\[\\"n])*)"/.exec(line.slice(at));
      if (!quoted) throw new Error(`bad label value in: ${line}`);
      labels[label] = withoutEscapes(quoted[1], /\\[\\"n]/g, /\\(?![\\"n])/);
      at += quoted[0].length;
      const mark = line[at++];
      if (mark === '}') break;
      if (mark !== ',') throw new Error(`expected , or } in: ${line}`);
    }
  }
  const value = /^ ([+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|Inf)|NaN)$/.exec(line.slice(at));
  if (!value) throw new Error(`bad value in: ${line}`);
  return { name, labels, value: Number(value[1].replace('Inf', 'Infinity')) };
}

function withoutEscapes(text: string, escapes: RegExp, bad: RegExp): string {
  if (bad.test(text.replace(escapes, ''))) throw new Error(`unknown escape in: ${text}`);
  return text.replace(escapes, (pair) => (pair === '\\n' ? '\n' : pair[1]));
}
