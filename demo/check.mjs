import { styleText } from 'node:util';

/** Something is not as the story tells it. */
export class BrokenClaim extends Error {}

const INDENT = '   ';
const WIDTH = 100;

let acts = 0;
let claims = 0;

export const claimsChecked = () => claims;

const print = (/** @type {string} */ text = '') => console.log(text);

/** Breaks a sentence into lines of readable width, all indented. */
function wrap(/** @type {string} */ text, first = INDENT) {
  const lines = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((each, i) => (i === 0 ? first : ' '.repeat(first.length)) + each).join('\n');
}

/** Opens an act. */
export function act(/** @type {string} */ title) {
  acts++;
  print(`\n${styleText('bold', `${acts}. ${title}`)}`);
}

/** Tells what happens. */
export const say = (/** @type {string} */ text) => print(wrap(text));

/** Shows something as it is: a table, a curve, the words of a command. */
export const show = (/** @type {string} */ text) => print(text.replaceAll(/^/gm, INDENT));

/**
 * Says what is the case, and ends the demonstration if it is not.
 * @param {string} text
 * @param {boolean} holds
 * @param {unknown} [found] what was found instead
 */
export function claim(text, holds, found) {
  claims++;
  if (!holds)
    throw new BrokenClaim(`Not as told: ${text}${found === undefined ? '' : `\nfound ${toText(found)}`}`);
  print(wrap(text, `${INDENT}${styleText('green', '✓')} `));
}

/**
 * @param {string} text
 * @param {unknown} found
 * @param {unknown} expected
 */
export function same(text, found, expected) {
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new BrokenClaim(`Not as told: ${text}\nfound    ${toText(found)}\nexpected ${toText(expected)}`);
  claim(text, true);
}

const LONGEST = 2000;
const toText = (/** @type {unknown} */ value) => (JSON.stringify(value) ?? 'nothing').slice(0, LONGEST);

/** 1248 → 1,248 */
export const count = (/** @type {number} */ number) => number.toLocaleString('en');
