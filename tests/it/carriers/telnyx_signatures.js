// Telnyx's own SDK on signatures. Reads lines of JSON {key, body, stamp, signature, now} and prints for
// each, as a line of JSON, whether it accepts the call at that moment.
'use strict';
const Telnyx = require('telnyx');

const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
(async () => {
  for (const line of lines) {
    const { key, body, stamp, signature, now } = JSON.parse(line);
    const client = new Telnyx({ apiKey: 'none', publicKey: key });
    Date.now = () => now * 1000;
    const headers = { 'Telnyx-Signature-Ed25519': signature, 'Telnyx-Timestamp': stamp };
    let accepted = true;
    try {
      await client.webhooks.unwrap(body, { headers });
    } catch {
      accepted = false;
    }
    process.stdout.write(`${accepted}\n`);
  }
})();
