// The SMS icon on every kind of record that has numbers, and the choice where there are several.

import { GUS, contactId, expect, test } from './harness/test.mjs';

const MENU = '#content .rl-sms-menu';

test('leads, targets and accounts are texted as contacts are', async ({ stage }) => {
  const sally = await stage.enter('sally');
  for (const [module, id, name, peer] of [
    ['Leads', 'seed_lead_lena_id', 'Lena Lead', '+15035550170'],
    ['Prospects', 'seed_prospect_paul_id', 'Paul Prospect', '+17205550195'],
    ['Accounts', 'seed_account_arts', 'Arts & Crafts Inc', '+14155550199'],
  ]) {
    await sally.go(`#${module}/${id}`);
    await expect(sally.page.locator('#content h1')).toContainText(name);
    await sally.recordSmsButton.click();
    const window = sally.sms(name);
    await expect(window.root).toHaveAttribute('data-peer', peer);
    await window.say(`Hello ${module}`);
    await stage.phone.hasReceived(peer, [`Hello ${module}`]);
    await window.close();
    const [note] = await stage.sugar.waitForNotes(id, 1);
    expect(note.parent_type).toBe(module);
    await expect(window.root).toBeHidden();
  }
});

test('a record with several numbers has a menu of them, for the mouse and for the keyboard', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await sally.openContact('Gus Dales');
  const more = sally.page.locator('#content [data-rl-action="sms-more"]');
  const items = sally.page.locator(`${MENU} [role="menuitem"]`);
  await more.focus();
  await sally.page.keyboard.press('ArrowDown');
  await expect(items).toHaveText([/Mobile\s+\+1 415 555 2671/, /Office\s+\(415\) 555-0100/]);
  await expect(items.nth(0)).toBeFocused();
  await sally.page.keyboard.press('ArrowUp');
  await expect(items.nth(1)).toBeFocused();
  await sally.page.keyboard.press('Escape');
  await expect(more).toBeFocused();
  await expect(items.nth(0)).toBeHidden();
  await more.click();
  await items.nth(1).click();
  await expect(items.nth(0)).toBeHidden();
  const work = sally.number('+14155550100');
  await expect(work.draft).toBeFocused();
  await sally.fieldSmsIcon('phone_mobile').click();
  await expect(sally.number(GUS).draft).toBeFocused();
  await expect(sally.page.locator('.rl-win[data-rl-window="sms"]')).toHaveCount(2);
});

test('without its usual number a record says so, and offers the others', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await sally.openContact('Nora Nomobile');
  await expect(sally.recordSmsButton).toHaveAttribute('aria-disabled', 'true');
  await sally.page.locator('#content [data-rl-action="sms-more"]').click();
  await sally.page.locator(`${MENU} [role="menuitem"]`, { hasText: 'Office' }).click();
  await expect(sally.number('+14155550111').title).toContainText('Nora Nomobile');
  await expect(sally.fieldSmsIcon('phone_work')).toHaveAttribute('title', /Nora Nomobile/);
  await expect(sally.fieldSmsIcon('phone_home')).toHaveCount(0);
  await sally.go(`#Contacts/${contactId('Ann Twin')}`);
  await expect(sally.recordSmsButton).toBeVisible();
  await expect(sally.page.locator('#content [data-rl-action="sms-more"]')).toHaveCount(0);
});
