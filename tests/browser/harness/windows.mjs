// One Riverline window in a page, and what a user does with it.

import { expect } from '@playwright/test';

export class Window {
  constructor(root) {
    this.root = root;
    this.title = root.locator('.rl-title');
    this.log = root.locator('.rl-log');
    this.messages = root.locator('.rl-msg');
    this.draft = root.locator('textarea.rl-text');
    this.strip = root.locator('.rl-strip');
    this.newMark = root.locator('.rl-new');
    this.note = root.locator('.rl-note');
    this.suspicion = root.locator('.rl-suspicion');
    this.noTexts = root.locator('.rl-no-texts-words');
    this.count = root.locator('.rl-count');
    this.whose = root.locator('.rl-whose');
    this.relink = root.locator('.rl-title [data-rl-action="relink"]');
  }

  /** A message by its text, his or theirs. */
  message(text) {
    return this.messages.filter({ hasText: text });
  }

  /** The line under a message that says how it fares. */
  get lastState() {
    return this.root.locator('.rl-meta').last();
  }

  /** A kind of record to link to. */
  module(word) {
    return this.root.locator('.rl-module', { hasText: word });
  }

  action(name) {
    return this.root.locator(`[data-rl-action="${name}"]`);
  }

  /** Waits until the service has the conversation. */
  async opened() {
    await expect(this.root).toHaveAttribute('data-conversation-id', /./);
  }

  /** Types and presses Send, once the conversation is open. */
  async say(text) {
    await this.opened();
    await this.draft.fill(text);
    await this.action('send').click();
    await expect(this.message(text).last()).toBeVisible();
    await expect(this.draft).toHaveValue('');
  }

  async minimise() {
    await this.action('minimise').click();
    await expect(this.root).toHaveClass(/rl-minimi[sz]ed|rl-min/);
  }

  async expand() {
    await this.action('expand').click();
    await expect(this.draft).toBeVisible();
  }

  async close() {
    await this.action('close').click();
  }
}

/** The Company Members window. */
export class MembersWindow extends Window {
  constructor(root) {
    super(root);
    this.find = root.locator('input.rl-find');
    this.rows = root.locator('[data-rl-row]');
    this.myPresence = root.locator('select.rl-my-presence');
  }

  row(name) {
    return this.rows.filter({ hasText: name });
  }
}
