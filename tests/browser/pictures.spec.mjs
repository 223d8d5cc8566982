// Pictures in texts: thumbnails, full size, and words where there is none. Sugar's policy for images holds in the page.

import { GUS, expect, test } from './harness/test.mjs';

/** A photograph, as good as a browser paints one. */
async function photograph(page, width, height) {
  const url = await page.evaluate(([w, h]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
    const paint = canvas.getContext('2d');
    const sky = paint.createLinearGradient(0, 0, w, h);
    sky.addColorStop(0, '#bcd3ea');
    sky.addColorStop(1, '#7a4f00');
    paint.fillStyle = sky;
    paint.fillRect(0, 0, w, h);
    return canvas.toDataURL('image/jpeg');
  }, [width, height]);
  return Buffer.from(url.split(',')[1], 'base64');
}

const width = (image) => image.evaluate((it) => it.naturalWidth);

test('a picture is a thumbnail with words for who cannot see it, opens in full size, and Escape leads back', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await stage.phone.send(GUS, 'This is the dent', await photograph(sally.page, 640, 400));
  const thumbnail = window.message('This is the dent').locator('.rl-pic');
  const image = thumbnail.getByRole('img', { name: /^Picture from Gus Dales, \d\d:\d\d/ });
  await expect(image).toBeVisible();
  await expect.poll(() => width(image)).toBe(640);
  const box = await image.boundingBox();
  expect(box.width).toBeLessThan(280);
  expect(box.height).toBeLessThanOrEqual(200);
  await thumbnail.focus();
  await sally.page.keyboard.press('Enter');
  const dialog = sally.page.getByRole('dialog', { name: /^Picture from Gus Dales/ });
  await expect(dialog.getByRole('img')).toBeVisible();
  expect((await dialog.getByRole('img').boundingBox()).width).toBeGreaterThan(600);
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  await sally.page.keyboard.press('Tab');
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  await sally.page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(thumbnail).toBeFocused();
  await expect(window.draft).toBeVisible();
  await sally.reload();
  await expect.poll(() => width(window.messages.locator('.rl-img'))).toBe(640);
});

test('a thumbnail stays as it is while the words around it change', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await stage.phone.send(GUS, 'This is the dent', await photograph(sally.page, 640, 400));
  const image = window.message('This is the dent').locator('.rl-img');
  await expect.poll(() => width(image)).toBe(640);
  // Whatever takes the bytes away or loads them again is seen, and the row is really drawn anew.
  const seen = await image.evaluate((it) => {
    let row = it;
    while (!row.rlHtml || row.rlKey === undefined) {
      row = row.parentNode;
    }
    const watch = new MutationObserver(() => undefined);
    watch.observe(it, { attributes: true });
    const html = row.rlHtml.replace('This is the dent', 'This was the dent');
    const rows = Array.from(row.parentNode.childNodes, (node) => ({ key: node.rlKey, html: node === row ? html : node.rlHtml }));
    SUGAR.App.riverline.drawRows(row.parentNode, rows);
    return { changes: watch.takeRecords().map((one) => one.attributeName), text: row.textContent, src: it.src.slice(0, 5), here: it.isConnected };
  });
  expect(seen.text).toContain('This was the dent');
  expect(seen).toMatchObject({ changes: [], src: 'data:', here: true });
});

test('whoever is at the end of the log sees a picture that comes whole', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  for (const size of [400, 600, 900]) {
    await stage.phone.send(GUS, `${size} wide`, await photograph(sally.page, size, size));
    await expect.poll(() => width(window.message(`${size} wide`).locator('.rl-img'))).toBe(size);
  }
  await expect.poll(() => window.log.evaluate((log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight))).toBe(0);
});

test.describe(() => {
  test.use({ stageOptions: { settings: ['jobs.give_up_s=1'] } });

  test('what is no picture says so; what the carrier did not give is fetched by a click', async ({ stage }) => {
    const sally = await stage.enter('sally');
    const window = await sally.textContact('Gus Dales');
    await stage.phone.send(GUS, 'A script', Buffer.from('<svg onload=alert(1)>'));
    await expect(window.message('A script')).toContainText('Picture not here. It is not a picture that can be shown');
    await expect(window.action('picture-again')).toHaveCount(0);
    await stage.phone.behave('fail');
    await stage.phone.send(GUS, 'The receipt', await photograph(sally.page, 300, 200));
    await expect(window.message('The receipt')).toContainText('Picture not here. The carrier did not give it.');
    await stage.phone.behave('deliver');
    await window.action('picture-again').focus();
    await sally.page.keyboard.press('Enter');
    await expect.poll(() => width(window.message('The receipt').locator('.rl-img'))).toBe(300);
    await expect(window.log).toBeFocused();
  });
});
