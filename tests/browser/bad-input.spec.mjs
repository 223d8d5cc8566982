// Bad input: refused with a code for programs and a sentence for people, and nobody loses what they wrote.

import WebSocket from 'ws';
import { GUS, contactId, expect, test } from './harness/test.mjs';

test('a wrong or dead Sugar token is refused with 401 and a code', async ({ stage }) => {
  const body = { browser_id: 'browser-of-a-test' };
  const wrong = await stage.service.call('POST', '/v1/sign-in', { token: 'no-such-token', body });
  expect([wrong.status, wrong.body.code]).toEqual([401, 'sugar_token_invalid']);
  await stage.sugar.switch('access_token_lifetime', -1);
  const dead = await stage.service.call('POST', '/v1/sign-in', { token: await stage.sugar.signIn('jim'), body });
  expect([dead.status, dead.body.code]).toEqual([401, 'sugar_token_invalid']);
  const none = await stage.service.call('POST', '/v1/sign-in', { body });
  expect([none.status, none.body.code]).toEqual([401, 'token_missing']);
});

test('the panel says what to do when its Sugar token is refused', async ({ stage }) => {
  const sally = await stage.visit();
  sally.expectComplaint(/status of 401/);
  await sally.page.route(`${stage.service.url}/v1/sign-in`, (route) => {
    const headers = { ...route.request().headers(), authorization: 'Bearer dead' };
    return route.continue(route.request().method() === 'POST' ? { headers } : {});
  });
  await sally.logIn('sally', { online: false });
  await sally.hasStatus('refused');
  await sally.page.locator('[data-rl-action="members"]:visible').click();
  await expect(sally.page.locator('.rl-strip, #alerts').filter({ hasText: /Log out of Sugar and in again/ }).first()).toBeVisible();
});

test('an empty text is not sent', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.chatWith('Sarah Smith');
  for (const blank of ['', '   ', '\n\n']) {
    await window.draft.fill(blank);
    await window.draft.press('Enter');
    await expect(window.strip).toContainText('nothing to send');
    await expect(window.messages).toHaveCount(0);
  }
  const { token } = await stage.signIn('will');
  const chat = await stage.service.call('POST', '/v1/chats', { token, body: { member_ids: ['seed_sarah_id'] } });
  const answer = await stage.service.call('POST', `/v1/conversations/${chat.body.id}/messages`, { token, body: { text: ' \n ' } });
  expect([answer.status, answer.body.code]).toEqual([422, 'text_empty']);
});

test('a text that is too long is refused with a sentence, and the draft is kept', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const windows = [[await sally.chatWith('Sarah Smith'), 4_001], [await sally.textContact('Gus Dales'), 1_601]];
  for (const [window, length] of windows) {
    const text = 'x'.repeat(length);
    await window.draft.fill(text);
    await window.action('send').click();
    await expect(window.strip).toContainText('This is too long');
    await expect(window.draft).toHaveValue(text);
    await expect(window.messages).toHaveCount(0);
  }
});

test('a contact without a usable mobile number: the icon says why, and the service refuses too', async ({ stage }) => {
  const sally = await stage.enter('sally');
  for (const contact of ['Nora Nomobile', 'Hal Textless']) {
    await sally.openContact(contact);
    await expect(sally.recordSmsButton).toHaveAttribute('aria-disabled', 'true');
    await expect(sally.recordSmsButton).toHaveAttribute('title', `No mobile number to text ${contact}`);
    await expect(sally.fieldSmsIcon()).toHaveAttribute('aria-disabled', 'true');
  }

  const { token, sugarToken } = await stage.signIn('will');
  for (const contact of ['Nora Nomobile', 'Hal Textless']) {
    const body = { module: 'Contacts', record_id: contactId(contact) };
    const answer = await stage.service.call('POST', '/v1/sms-sessions', { token, body, headers: { 'Sugar-Token': sugarToken } });
    expect([answer.status, answer.body.code]).toEqual([422, 'no_usable_number']);
    expect(answer.body.detail).toContain('mobile number');
  }
});

test('a mobile number that only looks like one: the window says so, and the draft is kept', async ({ stage }) => {
  await stage.sugar.change('sarah', 'Contacts', contactId('Gus Dales'), { phone_mobile: '415 555 26711 9' });
  const sally = await stage.enter('sally');
  sally.expectComplaint(/status of 422/);
  const window = await sally.textContact('Gus Dales');
  await expect(window.strip).toContainText('The mobile number of this record cannot be texted. Correct it in Sugar first.');
  await window.draft.fill('Written for nothing?');
  await window.draft.press('Enter');
  await expect(window.draft).toHaveValue('Written for nothing?');
  await expect(window.strip).toContainText('cannot be texted');

  await stage.sugar.change('sarah', 'Contacts', contactId('Gus Dales'), { phone_mobile: '415 555 2671' });
  await window.root.getByText('Try again').click();
  await expect(window.root).toHaveAttribute('data-peer', GUS);
  await window.draft.press('Enter');
  await stage.phone.hasReceived(GUS, ['Written for nothing?']);
});

test('malformed JSON, unknown fields and oversize bodies are 4xx with a code', async ({ stage }) => {
  const { token } = await stage.signIn('will');
  for (const [body, status, code] of [
    ['{"member_ids":', 400, 'bad_request'],
    ['\u0000\u0001', 400, 'bad_request'],
    [{ member_ids: ['seed_sarah_id'], colour: 'red' }, 400, 'unknown_field'],
    [{ member_ids: ['x'.repeat(70_000)] }, 413, 'payload_too_large'],
  ]) {
    const answer = await stage.service.call('POST', '/v1/chats', { token, body });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toMatch(/\.$/);
  }
  expect((await stage.service.call('GET', '/healthz')).status).toBe(200);
});

test('frames that are garbage or too big end the connection with a code, and nobody else notices', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const { token } = await stage.signIn('will');
  const hello = JSON.stringify({ type: 'hello', token });
  for (const [frames, code] of [
    [['not json'], 4400],
    [[JSON.stringify({ type: 'hello', token: 'rls_wrong' })], 4401],
    [['x'.repeat(5_000)], 1009],
    [[hello, 'x'.repeat(9_000)], 1009],
    [[hello, hello], 4400],
    [[hello, Buffer.from([0xff, 0xfe])], 1007],
  ]) {
    expect(await closeCode(stage, frames), frames.map((frame) => String(frame).slice(0, 30)).join(', ')).toBe(code);
  }
  await (await sally.chatWith('Sarah Smith')).say('All is well');
});

test('the same message id again is the first message; with another text it is a conflict', async ({ stage }) => {
  const { token } = await stage.signIn('will');
  const chat = await stage.service.call('POST', '/v1/chats', { token, body: { member_ids: ['seed_sarah_id'] } });
  const path = `/v1/conversations/${chat.body.id}/messages`;
  const body = { text: 'Once', message_id: '019aa000-0000-7000-8000-000000000001' };
  const first = await stage.service.call('POST', path, { token, body });
  const again = await stage.service.call('POST', path, { token, body });
  expect(again.body).toEqual(first.body);
  const other = await stage.service.call('POST', path, { token, body: { ...body, text: 'Twice' } });
  expect([other.status, other.body.code]).toEqual([409, 'message_id_conflict']);
  const all = await stage.service.call('GET', path, { token });
  expect(all.body.items).toHaveLength(1);
});

/** Sends frames one after another on a new socket and returns the code that it is closed with. */
function closeCode(stage, frames) {
  const socket = new WebSocket(`${stage.service.url.replace('http', 'ws')}/v1/socket`, 'riverline.v1', { origin: stage.sugar.url });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', resolve);
    socket.on('open', () => {
      for (const frame of frames) {
        // As a text frame whatever it holds, so that bytes which are not UTF-8 can be sent.
        socket.send(frame, { binary: false });
      }
    });
  });
}
