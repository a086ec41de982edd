/**
 * @typedef {any} Json what an answer holds; the claims look into it freely
 *
 * @typedef {object} Sending
 * @property {string} [token]
 * @property {unknown} [body] sent as JSON; bytes are sent as they are
 * @property {Record<string, string>} [headers]
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {Json} body
 * @property {number} bytes
 */

/** Plain HTTP: nothing retried, nothing hidden. */
export class Api {
  constructor(/** @type {string} */ url) {
    this.url = url;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Sending} [sending]
   * @returns {Promise<Answer>}
   */
  async send(method, path, { token, body, headers } = {}) {
    const request = {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body),
    };
    const response = await fetch(`${this.url}${path}`, request);
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      body: isJson ? JSON.parse(bytes.toString()) : bytes,
      bytes: bytes.length,
    };
  }

  /**
   * As `send`, for what has to succeed: phones take 200 and 201 for success and nothing else.
   * @param {string} method
   * @param {string} path
   * @param {Sending} [sending]
   */
  async ask(method, path, sending) {
    const { status, body } = await this.send(method, path, sending);
    if (status !== 200 && status !== 201)
      throw new Error(`${method} ${path} was answered with ${status}: ${JSON.stringify(body).slice(0, 500)}`);
    return body;
  }
}
