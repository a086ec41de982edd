import { AppError } from './app-error.js';
import { readJsonObject } from './json-object.js';

const read = (text: string) => readJsonObject(Buffer.from(text));

function refusal(bytes: Buffer): string {
  try {
    readJsonObject(bytes);
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the JSON object of a body', () => {
  it('is what was sent', () => {
    const body = {
      samples: [{ timestamp: 1, load: null }, 5, 'ä\u{1F3CB}', []],
      constructor: 'me',
      prototype: {},
    };
    expect(read(JSON.stringify(body))).toEqual(body);
    expect(read('\uFEFF{"a":-0}')).toEqual({ a: -0 });
  });

  it('is empty where there is no body', () => {
    expect([readJsonObject(undefined), read('')]).toEqual([{}, {}]);
  });

  it.each([
    ['at the top', '{"__proto__":1}'],
    ['of a sample', '{"samples":[{"timestamp":1},{"load":1,"__proto__":{}}]}'],
    ['in escapes', String.raw`{"a":[[{"\u005f_pr\u006fto__":null}]]}`],
    ['as a constructor', '{"a":{"constructor":{"prototype":null}}}'],
    ['as a constructor in escapes', String.raw`{"c\u006fnstructor":{"proto\u0074ype":{}}}`],
  ])('has no key that would become a prototype: %s', (_, text) => {
    expect(refusal(Buffer.from(text))).toBe('request.not_json');
  });

  it('may have a constructor that is none', () => {
    for (const text of ['{"constructor":"x"}', '{"a":{"constructor":{"name":1}}}', '{"constructor":null}'])
      expect(read(text)).toEqual(JSON.parse(text));
  });

  it.each(['', '[1]', '[]', 'null', '5', '"{}"', '{}{}', '{"a":', '{"a":NaN}', "{'a':1}"])(
    'is all there is: not %p with a space before',
    (text) => {
      expect(refusal(Buffer.from(` ${text}`))).toBe('request.not_json');
    },
  );

  it('is UTF-8 to the last byte', () => {
    for (const hex of ['7b2261223a22ff227d', '7b2261223a22c3227d', '7b2261223a22eda080227d'])
      expect(refusal(Buffer.from(hex, 'hex'))).toBe('request.not_json');
  });
});
