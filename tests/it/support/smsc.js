// An SMSC for Kannel to bind to, on npm's smpp: nobody here wrote either side of that link.
// Prints one JSON object a line: {"port"}, {"bind"}, {"submit"}, {"taken"}. Reads one a line:
// {"from", "to", "text"} with "parts": an array of part numbers to send the text in, in that order.
// How a submit ends goes by the last digits of its destination:
// 9999 is throttled twice first, 9998 refused, 0002 never delivered, everything else delivered.
'use strict';
const smpp = require('smpp');
const { createInterface } = require('node:readline');

const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const GSM7 = 0;
const UCS2 = 8;
const IS_RECEIPT = 0x04;
const HAS_HEADER = 0x40;
const INTERNATIONAL = 1;
let session = null;
let submits = 0;
let throttled = 0;

function bound(connection) {
  connection.on('error', () => {});
  connection.on('bind_transceiver', (pdu) => {
    session = connection;
    connection.send(pdu.response({ system_id: 'smsc' }));
    tell({ bind: pdu.system_id });
  });
  connection.on('enquire_link', (pdu) => connection.send(pdu.response()));
  connection.on('unbind', (pdu) => {
    connection.send(pdu.response());
    connection.close();
  });
  connection.on('deliver_sm_resp', (pdu) => tell({ taken: pdu.command_status }));
  connection.on('submit_sm', (pdu) => submitted(connection, pdu));
}

// Kannel cuts between the halves of an emoji, so a part may be no text by itself.
const units = (text) => Array.from({ length: text.length }, (_, place) => text.charCodeAt(place));

function submitted(connection, pdu) {
  const to = pdu.destination_addr;
  const { message, udh } = pdu.short_message;
  tell({
    submit: {
      from: pdu.source_addr, from_type: pdu.source_addr_ton, to, to_type: pdu.dest_addr_ton,
      alphabet: pdu.data_coding, units: units(message), part: udh ? [...udh[0].subarray(-2)] : null,
      validity: pdu.validity_period,
    },
  });
  if (to.endsWith('9998')) {
    connection.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR }));
    return;
  }
  if (to.endsWith('9999') && throttled < 2) {
    throttled += 1;
    connection.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    return;
  }
  submits += 1;
  const id = `SMSC${String(submits).padStart(6, '0')}`;
  connection.send(pdu.response({ message_id: id }));
  if (pdu.registered_delivery & 1) {
    deliver(receipt(pdu, id, to.endsWith('0002')));
  }
}

function receipt(pdu, id, lost) {
  const [stat, error, delivered] = lost ? ['UNDELIV', '069', '000'] : ['DELIVRD', '000', '001'];
  return {
    from: pdu.destination_addr, to: pdu.source_addr, esm_class: IS_RECEIPT, alphabet: GSM7,
    message: `id:${id} sub:001 dlvrd:${delivered} submit date:2611221330 done date:2611221331 ` +
      `stat:${stat} err:${error} text:the beginning of it`,
  };
}

function deliver({ from, to, esm_class, alphabet, message }) {
  session.deliver_sm({
    source_addr: from, source_addr_ton: from.length > 8 ? INTERNATIONAL : 0, source_addr_npi: 1,
    destination_addr: to, dest_addr_ton: INTERNATIONAL, dest_addr_npi: 1,
    esm_class, data_coding: alphabet, short_message: message,
  });
}

function text({ from, to, text, parts }) {
  const alphabet = /^[ -_a-~]*$/.test(text) ? GSM7 : UCS2;
  if (!parts) {
    deliver({ from, to, esm_class: 0, alphabet, message: text });
    return;
  }
  const each = Math.ceil(text.length / parts.length);
  for (const number of parts) {
    deliver({
      from, to, esm_class: HAS_HEADER, alphabet,
      message: {
        udh: Buffer.from([5, 0, 3, 77, parts.length, number]),
        message: text.slice((number - 1) * each, number * each),
      },
    });
  }
}

const server = smpp.createServer({}, bound);
server.listen(0, '127.0.0.1', () => tell({ port: server.address().port }));
createInterface({ input: process.stdin })
  .on('line', (line) => text(JSON.parse(line)))
  .on('close', () => process.exit(0));
