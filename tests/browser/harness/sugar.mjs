// One stand-in Sugar: its process, its switches, and its records.

import { expect } from '@playwright/test';
import { Program } from './processes.mjs';
import { serveSugar } from './paths.mjs';

export class Sugar {
  #program;

  constructor(port, program) {
    this.url = `http://127.0.0.1:${port}`;
    this.#program = program;
  }

  /** Starts one with the package installed and pointed at the service; host: where the page has room for a launcher. */
  static async start({ port, folder, zip, riverlineUrl, host }) {
    const args = ['--port', port, '--data', folder, '--riverline-url', riverlineUrl, '--workers', '6'];
    if (zip) args.push('--zip', zip);
    if (host) args.push('--mode', `host=${host}`);
    const program = new Program(serveSugar, args.map(String), `${folder}.log`);
    const sugar = new Sugar(port, program);
    await program.line(/stand-in at/);
    await expect.poll(() => sugar.#answers(), { message: 'the stand-in Sugar answers' }).toBe(true);
    return sugar;
  }

  async #answers() {
    return fetch(`${this.url}/config.js`).then((answer) => answer.ok, () => false);
  }

  async stop() {
    await this.#program.stop();
  }

  /** Turns a switch of the stand-in; `more` may hold `times` and `path`. */
  async switch(name, value, more = {}) {
    await this.#standin('POST', 'switch', { name, value, ...more });
  }

  /** Requests that no real Sugar is known to answer. */
  async refused() {
    return this.#standin('GET', 'refused');
  }

  /** All records of a module, as stored. */
  async records(module) {
    return this.#standin('GET', `records?module=${module}`);
  }

  /** The Notes on a record, as stored. */
  async notesOn(recordId) {
    const notes = await this.records('Notes');
    return notes.filter((note) => note.parent_id === recordId && !Number(note.deleted) && note.name !== 'First call');
  }

  /** Waits until a record has this many Notes, and returns them. */
  async waitForNotes(recordId, count) {
    await expect.poll(async () => (await this.notesOn(recordId)).length, { message: `${count} Notes on ${recordId}` }).toBe(count);
    return this.notesOn(recordId);
  }

  /** A Sugar access token, as the page would get it. */
  async signIn(user) {
    const login = { grant_type: 'password', username: user, password: user, client_id: 'sugar', client_secret: '', platform: 'base' };
    return (await this.#json('POST', '/rest/v11_24/oauth2/token', login)).access_token;
  }

  /** Changes a record as a user; the login ends the one that he has in a page. */
  async change(user, module, id, fields) {
    await this.#json('PUT', `/rest/v11_24/${module}/${id}`, fields, { 'OAuth-Token': await this.signIn(user) });
  }

  #standin(method, what, body) {
    return this.#json(method, `/__standin/${what}`, body);
  }

  async #json(method, path, body, token = {}) {
    const headers = { 'Content-Type': 'application/json', ...token };
    const answer = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }
}

/** The id that the stand-in gives to one of its contacts. */
export function contactId(name) {
  return `seed_${name.replace(/<[^>]*>/g, '').replace(/[^A-Za-z]+/g, '_').toLowerCase()}_id`;
}
