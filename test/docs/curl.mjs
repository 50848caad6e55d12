// Stands in for curl on machines that have none: the options that our pages use, and nothing else.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    'show-error': { type: 'boolean', short: 'S' },
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
    output: { type: 'string', short: 'o' },
  },
});
const { data: body, request: method = body === undefined ? 'GET' : 'POST' } = values;
const headers = values.header.map((line) => {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
});
const response = await fetch(positionals[0], { method, headers, ...(body === undefined ? {} : { body }) });
const text = await response.text();
if (values.output === undefined) process.stdout.write(text);
else writeFileSync(values.output, text);
