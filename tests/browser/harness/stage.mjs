// The stage of one test: a stand-in Sugar and a Riverline on free ports with empty data, and the people in their browsers.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { freePorts } from './processes.mjs';
import { packageZip } from './paths.mjs';
import { Person } from './person.mjs';
import { Phone } from './phone.mjs';
import { Service } from './service.mjs';
import { Sugar } from './sugar.mjs';

export class Stage {
  #browser;
  #people = [];

  constructor(browser, sugar, service) {
    this.#browser = browser;
    this.sugar = sugar;
    this.service = service;
    this.phone = new Phone(service.internal);
  }

  /** host: the launcher's room in the page; zip: the package, null for none; settings: `key=value` for the service. */
  static async open(browser, folder, { host = 'footer', zip = packageZip, settings } = {}) {
    await mkdir(folder, { recursive: true });
    const [sugarPort, port, internalPort] = await freePorts(3);
    const sugar = await Sugar.start({ port: sugarPort, folder: join(folder, 'sugar'), zip, host, riverlineUrl: `http://127.0.0.1:${port}` });
    const service = await Service.start({ port, internalPort, folder, sugarUrl: sugar.url, settings });
    return new Stage(browser, sugar, service);
  }

  /** A user in a browser of his own, logged in, his panel connected. */
  async enter(user, options) {
    const person = await this.visit();
    await person.logIn(user, options);
    return person;
  }

  /** Somebody in a browser of his own, before the login. */
  async visit() {
    const context = await this.#browser.newContext({ viewport: { width: 1440, height: 860 }, locale: 'en-US', timezoneId: 'America/Los_Angeles' });
    const person = new Person(this, await context.newPage());
    this.#people.push(person);
    await person.page.goto(this.sugar.url);
    return person;
  }

  /** Another tab of a browser that is logged in. */
  async anotherTab(of) {
    const person = new Person(this, await of.page.context().newPage());
    this.#people.push(person);
    await person.page.goto(this.sugar.url);
    await person.isOnline();
    return person;
  }

  /** What the pages printed as errors and nobody announced. */
  get complaints() {
    return this.#people.flatMap((person) => person.complaints);
  }

  /** A user without a browser: his panel's token and his Sugar token. Waits until the service knows his colleagues. */
  async signIn(user) {
    const sugarToken = await this.sugar.signIn(user);
    const token = await this.service.signIn(sugarToken);
    const colleagues = async () => (await this.service.call('GET', '/v1/members', { token })).body.items.length;
    await expect.poll(colleagues, { message: 'members known to the service' }).toBeGreaterThan(1);
    return { token, sugarToken };
  }

  /** No page complained, and the stand-in was asked for nothing that Sugar does not have. */
  async nothingWasOdd() {
    expect(this.complaints).toEqual([]);
    expect(await this.sugar.refused()).toEqual([]);
  }

  async close() {
    for (const context of new Set(this.#people.map((person) => person.page.context()))) {
      await context.close();
    }
    await Promise.all([this.service.stop(), this.sugar.stop()]);
  }
}
