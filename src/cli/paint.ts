import { styleText } from 'node:util';

/** Text in a colour, or as it is where colours are off (no terminal, or NO_COLOR). */
export function paint(colour: 'red' | 'green' | 'yellow', text: string, colours: boolean): string {
  return colours ? styleText(colour, text, { validateStream: false }) : text;
}
