// Ledger file as accounting wants it: fixed-width records, one a line,
// blank records at the end for later postings.

const RECORD_WIDTH = 500;
const RECORDS = 5000000;

function record(n, order) {
  const text = `${String(n).padStart(9, '0')}${order.id}${order.customerId || ''}${order.createdAt}`;
  return Buffer.from(text.padEnd(RECORD_WIDTH)).toString('latin1');
}

exports.buildLedger = (order) => {
  const records = [];
  for (let n = 1; n <= RECORDS; n++) {
    records.push(record(n, order));
  }
  return records;
};
