// A number that is on no record, or on several: the user says whose it is, and the texts go to that record.

import { contactId, expect, test } from './harness/test.mjs';

const STRANGER = '+12065550000';
const TWINS = '+16285550142';

test('an unknown number becomes a contact in Sugar\'s own form, and the Note of the session is stored on it', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await stage.phone.text(STRANGER, 'Do you deliver?');
  const stranger = sally.number(STRANGER);
  await expect(stranger.whose).toContainText('Unknown number');
  await stranger.draft.fill('Half an answ');
  await stranger.action('create-contact').click();
  await expect(sally.drawer).toBeFocused();
  await expect(sally.drawer.locator('input[name="phone_mobile"]')).toHaveValue(STRANGER);
  await sally.drawer.locator('[name="cancel_button"]').click();
  await expect(stranger.action('create-contact')).toBeFocused();
  await sally.page.keyboard.press('Enter');
  await sally.drawer.locator('input[name="first_name"]').fill('Nina');
  await sally.drawer.locator('input[name="last_name"]').fill('Newcomer');
  await sally.drawer.locator('[name="save_button"]').click();
  await expect(stranger.title).toContainText('Nina Newcomer');
  await expect(stranger.whose).toBeHidden();
  await expect(stranger.draft).toBeFocused();
  await expect(stranger.draft).toHaveValue('Half an answ');
  await stranger.say('We do');
  await stranger.close();
  const [nina] = (await stage.sugar.records('Contacts')).filter((contact) => contact.last_name === 'Newcomer');
  const [note] = await stage.sugar.waitForNotes(nina.id, 1);
  expect(note.description).toMatch(/Do you deliver\?[\s\S]*We do/);
});

test('of two contacts with one number the user chooses, and the next text of that number comes to the same one', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await stage.phone.text(TWINS, 'Guess who');
  const twin = sally.number(TWINS);
  await expect(twin.whose).toContainText('2 records have this number');
  await expect(twin.root.locator('.rl-matches .rl-candidate')).toHaveText([/Ann Twin\s+Contact/, /Bob Twin\s+Contact/]);
  await twin.root.locator('.rl-candidate', { hasText: 'Bob Twin' }).press('Enter');
  await expect(twin.title).toContainText('Bob Twin');
  await expect(twin.draft).toBeFocused();
  await twin.say('Bob, I guess');
  await twin.close();
  await stage.sugar.waitForNotes(contactId('Bob Twin'), 1);
  await expect(twin.root).toBeHidden();
  await stage.phone.text(TWINS, 'Me again');
  await expect(sally.sms('Bob Twin').message('Me again')).toBeVisible();
});

test('a session goes to another record by keyboard, while it is open and when it goes on, and its Note with it', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await stage.phone.text(TWINS, 'Guess who');
  const twin = sally.number(TWINS);
  const matches = twin.root.locator('.rl-matches .rl-candidate');
  await matches.filter({ hasText: 'Ann Twin' }).press('Enter');
  await expect(twin.title).toContainText('Ann Twin');

  await twin.relink.press('Enter');
  await expect(twin.whose).toContainText('This number is also on:');
  await expect(matches).toHaveText([/Bob Twin\s+Contact/]);
  await expect(twin.action('link-to')).toBeFocused();
  await sally.page.keyboard.press('Escape');
  await expect(twin.whose).toBeHidden();
  await expect(twin.relink).toBeFocused();
  await expect(twin.title).toContainText('Ann Twin');
  await sally.page.keyboard.press('Enter');
  await expect(matches).toHaveText([/Bob Twin/]);
  await sally.page.keyboard.press('Shift+Tab');
  await expect(matches).toBeFocused();
  await sally.page.keyboard.press('Enter');
  await expect(twin.title).toContainText('Bob Twin');
  await expect(twin.draft).toBeFocused();
  await twin.say('Bob, I guess');
  await twin.close();
  const [first] = await stage.sugar.waitForNotes(contactId('Bob Twin'), 1);
  await expect(twin.root).toBeHidden();

  await stage.phone.text(TWINS, 'No, it is Ann');
  await expect(twin.message('No, it is Ann')).toBeVisible();
  await twin.relink.click();
  await matches.click();
  await expect(twin.title).toContainText('Ann Twin');
  await twin.close();
  const [moved] = await stage.sugar.waitForNotes(contactId('Ann Twin'), 1);
  expect(moved.id).toBe(first.id);
  expect(moved.name).toContain('Ann Twin');
  expect(moved.description).toMatch(/Bob, I guess[\s\S]*No, it is Ann/);
});

test('a record from Sugar\'s own list: refused while it lacks the number, linked once it has it', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await stage.phone.text(STRANGER, 'Nora here');
  const stranger = sally.number(STRANGER);
  await stranger.action('link-to').focus();
  await sally.page.keyboard.press('Enter');
  await expect(stranger.module('Contact')).toBeFocused();
  await sally.page.keyboard.press('Escape');
  await expect(stranger.action('link-to')).toBeFocused();
  await expect(stranger.module('Contact')).toBeHidden();

  sally.expectComplaint(/status of 409/);
  await stranger.action('link-to').click();
  await expect(stranger.root.locator('.rl-module')).toHaveText(['Contact', 'Lead', 'Account', 'Target']);
  await stranger.module('Contact').click();
  await sally.drawer.locator('.search').fill('nomob');
  await expect(sally.drawer).toContainText('1 shown');
  await sally.drawer.locator('[name="select_button"]').click();
  await expect(stranger.whose.locator('[role="alert"]')).toHaveText(/Nora Nomobile does not have the number \+1 206 555 0000\. Add it/);
  await expect(stranger.module('Contact')).toBeFocused();

  await stage.sugar.change('admin', 'Contacts', contactId('Nora Nomobile'), { phone_mobile: '(206) 555-0000' });
  await stranger.action('link-again').click();
  await expect(stranger.title).toContainText('Nora Nomobile');
  await expect(stranger.draft).toBeFocused();
});

test('a session that was closed without a record keeps its words until it has one', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await stage.phone.text(STRANGER, 'Keep this');
  const stranger = sally.number(STRANGER);
  await stranger.say('Kept');
  await stranger.close();
  await expect(stranger.note).toContainText('once the number is linked');
  await stranger.action('create-contact').click();
  await sally.drawer.locator('input[name="last_name"]').fill('Latecomer');
  await sally.drawer.locator('[name="save_button"]').click();
  await expect(stranger.note).toHaveAttribute('data-note-state', 'saved');
  await expect(stranger.root).toBeHidden();
  const [late] = (await stage.sugar.records('Contacts')).filter((contact) => contact.last_name === 'Latecomer');
  const [note] = await stage.sugar.waitForNotes(late.id, 1);
  expect(note.description).toMatch(/Keep this[\s\S]*Kept/);
});
