// The contact's phone: the simulator gateway on the internal listener.

import { expect } from '@playwright/test';
import { OUR_NUMBER } from './service.mjs';

/** The mobile number of Gus Dales, on whom most tests are. */
export const GUS = '+14155552671';

export class Phone {
  constructor(internalUrl) {
    this.page = `${internalUrl}/simulator`;
  }

  /** Texts that reached a phone, oldest first. */
  async received(number) {
    const { items } = await this.#call('GET', 'messages');
    return items.filter((text) => text.direction === 'to_phone' && text.to === number).map((text) => text.text);
  }

  /** Waits until a phone has exactly these texts. */
  async hasReceived(number, texts) {
    await expect.poll(() => this.received(number), { message: `texts on the phone ${number}` }).toEqual(texts);
  }

  /** A contact texts us. */
  async text(from, text, to = OUR_NUMBER) {
    await this.#call('POST', 'messages', { from, to, text });
  }

  /** A contact sends us pictures, each a Buffer. */
  async send(from, text, ...pictures) {
    await this.#call('POST', 'messages', { from, to: OUR_NUMBER, text, pictures: pictures.map((bytes) => `hex:${bytes.toString('hex')}`) });
  }

  /** How the network treats texts to phones: deliver, fail, refuse, delay, double, reorder, lose. */
  async behave(mode, delay_ms = 0) {
    await this.#call('PUT', 'behaviour', { mode, delay_ms });
  }

  async #call(method, path, body) {
    const answer = await fetch(`${this.page}/${path}`, { method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
