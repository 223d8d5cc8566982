// A Sugar user in a browser: what he does in Sugar's page, and his Riverline windows.

import { expect } from '@playwright/test';
import { contactId } from './sugar.mjs';
import { MembersWindow, Window } from './windows.mjs';

export class Person {
  #expected = [];
  #heard = [];

  constructor(stage, page) {
    this.stage = stage;
    this.page = page;
    this.launcher = page.locator('[data-rl-launcher]:visible');
    this.badge = this.launcher.locator('.rl-badge');
    this.windows = page.locator('#riverline-dock .rl-win');
    page.on('pageerror', (error) => this.#heard.push(`page error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#heard.push(`console: ${message.text()} (${message.location().url})`);
    });
  }

  /** What the page complained about, violations of its CSP among it, without what the test announced. */
  get complaints() {
    return this.#heard.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  /** The browser will print failed requests that match; everything else still fails the test. */
  expectComplaint(pattern) {
    this.#expected.push(pattern);
  }

  // Sugar's page

  async logIn(user, { online = true } = {}) {
    await this.page.locator('input[name="username"]').fill(user);
    await this.page.locator('input[name="password"]').fill(user);
    await this.page.locator('input[name="password"]').press('Enter');
    await expect(this.page.locator('input[name="password"]')).toBeHidden();
    if (online) await this.isOnline();
  }

  async isOnline() {
    await this.hasStatus('online');
  }

  /** connecting, online, offline or refused. */
  async hasStatus(status) {
    const read = () => this.page.evaluate(() => window.SUGAR?.App?.riverline?.status);
    await expect.poll(read, { message: "the panel's status" }).toBe(status);
  }

  /** Until setOffline(false). Chromium's offline mode stops new connections only, so the open one is cut as well. */
  async loseNetwork() {
    await this.page.context().setOffline(true);
    await this.page.evaluate(() => window.SUGAR.App.riverline.desk.socket._ws.close());
    await this.isNotOnline();
  }

  async isNotOnline() {
    const read = () => this.page.evaluate(() => window.SUGAR?.App?.riverline?.status);
    await expect.poll(read, { message: "the panel's status" }).not.toBe('online');
  }

  /** Another place in Sugar's single page. */
  async go(hash) {
    await this.page.evaluate((to) => { window.location.hash = to; }, hash);
  }

  async openContact(name) {
    await this.go(`#Contacts/${contactId(name)}`);
    await expect(this.page.locator('#content')).toContainText(name);
    await expect(this.recordSmsButton).toBeVisible();
  }

  async reload() {
    await this.page.reload();
    await this.isOnline();
  }

  /** The SMS icon in the header of the record. */
  get recordSmsButton() {
    return this.page.locator('#content .rl-sms-button [data-rl-action="sms"], #content .rl-sms-button[data-rl-action="sms"]').filter({ visible: true });
  }

  /** The SMS icon beside a number. */
  fieldSmsIcon(field = 'phone_mobile') {
    return this.page.locator(`#content [data-name="${field}"] .rl-sms-icon[data-rl-action="sms"]`).filter({ visible: true });
  }

  /** The drawer that lies over Sugar's page. */
  get drawer() {
    return this.page.locator('#drawers .drawer > *');
  }

  // Riverline's windows

  /** The Company Members window, opened when it is not. */
  async members() {
    const window = new MembersWindow(this.page.locator('.rl-win[data-rl-window="members"]'));
    if (!(await window.root.isVisible())) await this.page.locator('[data-rl-action="members"]:visible').click();
    await expect(window.rows.first()).toBeVisible();
    return window;
  }

  /** The chat window with a colleague, opened from the members. */
  async chatWith(name) {
    const members = await this.members();
    await members.row(name).dblclick();
    const window = this.chat(name);
    await expect(window.draft).toBeFocused();
    return window;
  }

  /** The chat window with a colleague, there or not. */
  chat(name) {
    return this.#window('chat', name);
  }

  /** The window for a contact, opened from his record. */
  async textContact(name) {
    await this.openContact(name);
    await this.recordSmsButton.click();
    const window = this.sms(name);
    await expect(window.draft).toBeVisible();
    return window;
  }

  /** The SMS window with a contact (or a bare number), there or not. */
  sms(name) {
    return this.#window('sms', name);
  }

  /** The window with a number, whoever it belongs to. */
  number(peer) {
    return new Window(this.page.locator(`.rl-win[data-rl-window="sms"][data-peer="${peer}"]`));
  }

  #window(kind, name) {
    const who = this.page.locator('.rl-who').filter({ hasText: name });
    return new Window(this.page.locator(`.rl-win[data-rl-window="${kind}"]`).filter({ has: who }));
  }
}
