// One Riverline: its process, its configuration, and REST as any client would use it.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Program } from './processes.mjs';
import { riverline } from './paths.mjs';

/** Our number in every test. */
export const OUR_NUMBER = '+14155550100';

export class Service {
  #folder;
  #program;

  constructor(folder, port, internalPort) {
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    this.internal = `http://127.0.0.1:${internalPort}`;
  }

  /** Starts one beside a Sugar; `settings` are `key=value` over the usual ones. */
  static async start({ port, internalPort, folder, sugarUrl, settings = [] }) {
    const service = new Service(folder, port, internalPort);
    await writeFile(service.#configuration, `
[listen]
public = "127.0.0.1:${port}"
internal = "127.0.0.1:${internalPort}"
[database]
url = "sqlite://${join(folder, 'riverline.db')}"
[sugar]
url = "${sugarUrl}"
username = "riverline"
password = "riverline"
settle_s = 1
[presence]
gone_after_s = 1
[[gateways]]
id = "sim"
kind = "simulator"
[[numbers]]
id = "main"
number = "${OUR_NUMBER}"
gateway = "sim"
label = "Support"
`);
    service.settings = settings;
    await service.startAgain();
    return service;
  }

  get #configuration() {
    return join(this.#folder, 'riverline.toml');
  }

  /** Starts on the same ports and the same database. */
  async startAgain() {
    const sets = this.settings.flatMap((setting) => ['--set', setting]);
    this.#program = new Program(riverline, ['--config', this.#configuration, ...sets, 'serve'], join(this.#folder, 'riverline.log'));
    await this.#program.line(/internal listener on/);
  }

  /** Ends it as an admin does. */
  async stop() {
    await this.#program.stop();
  }

  /** Ends it as a power cut does. */
  async kill() {
    await this.#program.stop('SIGKILL');
  }

  /** A REST call; `body` may be text to send as it is. */
  async call(method, path, { token, body, headers = {} } = {}) {
    const authorization = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(this.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...authorization, ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** A panel's token for a Sugar user. */
  async signIn(sugarToken, browserId = 'browser-of-a-test') {
    const answer = await this.call('POST', '/v1/sign-in', { token: sugarToken, body: { browser_id: browserId } });
    if (answer.status !== 201) throw new Error(`sign-in: ${JSON.stringify(answer)}`);
    return answer.body.token;
  }
}
